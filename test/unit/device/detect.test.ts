import { expect, test } from "vitest";
import { detectDevices, hostDevices, visibleGpus } from "../../../src/device/detect.ts";
import { parseDevices } from "../../../src/device/devices.ts";
import { createDevicePool } from "../../../src/device/pool.ts";

const two = () => Promise.resolve("0\n1\n");
const none = () => Promise.reject(new Error("nvidia-smi is not here"));
const names = async (...args: Parameters<typeof detectDevices>) =>
  (await detectDevices(...args)).map(({ kind, index }) => `${kind}:${index}`);

test("all GPUs that the driver lists, or four CPU devices", async () => {
  expect(await names({}, two)).toEqual(["cuda:0", "cuda:1"]);
  expect(await names({}, none)).toEqual(["cpu:0", "cpu:1", "cpu:2", "cpu:3"]);
  expect(await names({}, () => Promise.resolve("No devices were found\n"))).toHaveLength(4);
});

test("CUDA_VISIBLE_DEVICES narrows them, or hides them all; indices count what is visible", async () => {
  expect(await names({ CUDA_VISIBLE_DEVICES: "3" }, two)).toEqual(["cuda:0"]);
  expect(await names({ CUDA_VISIBLE_DEVICES: "GPU-3f, GPU-90" }, two)).toEqual(["cuda:0", "cuda:1"]);
  expect(await names({ CUDA_VISIBLE_DEVICES: "" }, two)).toHaveLength(4);
  expect(await names({ CUDA_VISIBLE_DEVICES: "-1" }, two)).toEqual(["cpu:0", "cpu:1", "cpu:2", "cpu:3"]);
});

test("devices that are named are taken as they are", async () => {
  expect(await hostDevices("1,cpu")).toEqual([
    { kind: "cuda", index: 1 },
    { kind: "cpu", index: 0 },
  ]);
});

test.each([
  [undefined, "/locks/cuda-0.lock"],
  ["3,1", "/locks/cuda-3.lock"],
  ["GPU-3f", "/locks/cuda-GPU-3f.lock"],
])(
  "with CUDA_VISIBLE_DEVICES %s the first GPU's lock is %s: two workers that see others lock others",
  async (env, lock) => {
    const visible = visibleGpus({ CUDA_VISIBLE_DEVICES: env });
    const pool = createDevicePool({ devices: parseDevices("0"), threads: 1, lockFolder: "/locks", visible });
    const lease = await pool.lease("score", { signal: AbortSignal.timeout(1000) });
    expect(lease.device).toMatchObject({ name: "cuda:0", lock });
  },
);
