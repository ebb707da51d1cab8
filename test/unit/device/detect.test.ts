import { expect, test } from "vitest";
import { detectDevices } from "../../../src/device/detect.ts";

const two = () => Promise.resolve("0\n1\n");
const none = () => Promise.reject(new Error("nvidia-smi is not here"));
const names = async (...args: Parameters<typeof detectDevices>) =>
  (await detectDevices(...args)).map(({ kind, index }) => `${kind}:${index}`);

test("all GPUs that the driver lists, or four CPU devices", async () => {
  expect(await names({}, two)).toEqual(["cuda:0", "cuda:1"]);
  expect(await names({}, none)).toEqual(["cpu:0", "cpu:1", "cpu:2", "cpu:3"]);
  expect(await names({}, () => Promise.resolve("No devices were found\n"))).toHaveLength(4);
});

test("CUDA_VISIBLE_DEVICES narrows them, or hides them all", async () => {
  expect(await names({ CUDA_VISIBLE_DEVICES: "1" }, two)).toEqual(["cuda:1"]);
  expect(await names({ CUDA_VISIBLE_DEVICES: "" }, two)).toHaveLength(4);
  expect(await names({ CUDA_VISIBLE_DEVICES: "-1" }, two)).toEqual(["cpu:0", "cpu:1", "cpu:2", "cpu:3"]);
  await expect(detectDevices({ CUDA_VISIBLE_DEVICES: "GPU-3f" }, two)).rejects.toThrow('at "GPU-3f"');
});
