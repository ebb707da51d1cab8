import { expect, test } from "vitest";
import { parseDevices } from "../../../src/device/devices.ts";

const cpu = (index: number) => ({ kind: "cpu", index });
const cuda = (index: number) => ({ kind: "cuda", index });

test.each([
  ["0", [cuda(0)]],
  ["3, 1", [cuda(3), cuda(1)]],
  ["cpu", [cpu(0)]],
  ["cpu:2", [cpu(0), cpu(1)]],
  ["0,cpu:1", [cuda(0), cpu(0)]],
])("%s", (text, devices) => {
  expect(parseDevices(text)).toEqual(devices);
});

test.each(["", "0,", "cuda:0", "cpu:0", "cpu:999", "-1", "0;1", "gpu"])("'%s' is not understood", (text) => {
  expect(() => parseDevices(text)).toThrow(/are not understood at .*; write CUDA indices/);
});

test.each(["1,1", "cpu,cpu:2"])("'%s' names a device twice", (text) => {
  expect(() => parseDevices(text)).toThrow(/twice/);
});
