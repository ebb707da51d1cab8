import { StepFailure } from "../failure.ts";

export interface DeviceSpec {
  readonly kind: "cpu" | "cuda";
  readonly index: number;
}

/** More CPU devices than this on one host is a slip of the pen. */
const MOST_CPU_DEVICES = 256;

/**
 * Reads "0,1" (CUDA indices), "cpu" (one CPU device) or "cpu:2" (two of them, cpu:0 and cpu:1), also mixed.
 * Throws BadInput for anything else and for a device named twice.
 */
export function parseDevices(text: string): DeviceSpec[] {
  const devices = text.split(",").flatMap((part) => parsePart(part.trim(), text));
  const twice = devices.find((a, at) => devices.findIndex((b) => a.kind === b.kind && a.index === b.index) < at);
  if (twice) throw new StepFailure("BadInput", `Devices "${text}" name ${twice.kind}:${twice.index} twice.`);
  return devices;
}

function parsePart(part: string, text: string): DeviceSpec[] {
  if (/^\d{1,3}$/.test(part)) return [{ kind: "cuda", index: Number(part) }];
  const cpus = /^cpu(?::(\d{1,3}))?$/.exec(part);
  const count = Number(cpus?.[1] ?? 1);
  if (!cpus || count < 1 || count > MOST_CPU_DEVICES) {
    throw new StepFailure(
      "BadInput",
      `Devices "${text}" are not understood at "${part}"; write CUDA indices ("0,1") or a number of CPU devices ("cpu:2").`,
    );
  }
  return Array.from({ length: count }, (_, index) => ({ kind: "cpu", index }));
}
