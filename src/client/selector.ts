import type { ServedSelector } from "../model/selector/served.ts";

/**
 * Opens a trained selector, as a run's `final` folder shows it, on the CPU and without Python. What it needs is loaded
 * now: a program that starts runs and chooses no examples is spared it.
 * @param folder absolute
 * @param threads of the CPU
 * @throws {StepFailure} BadInput where the folder holds none
 */
export async function openSelector(folder: string, threads = 1): Promise<ServedSelector> {
  const { openSelector: open } = await import("../model/selector/served.ts");
  return open(folder, threads);
}
