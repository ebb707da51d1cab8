import type { Context } from "@temporalio/activity";
import type { StepTime } from "../src/run/times.ts";

/** Counts what an attempt of a step comes to; the SDK adds namespace, queue and the step's name as labels. */
export interface StepMetrics {
  started(): void;
  done(result: unknown): void;
  /** @param type of the table of failures */
  failed(type: string): void;
  /** Its time, and that of the devices that it held. */
  took(time: StepTime): void;
}

/**
 * Counters of a worker's metrics endpoint. `snowball_rows` are what artifacts call rows: of rollouts samples, of views
 * images, of a training the rows that it saw; those that were found in the store count again.
 */
export function stepMetrics({ metricMeter, info }: Pick<Context, "metricMeter" | "info">): StepMetrics {
  const rows = metricMeter.createCounter("snowball_rows", "rows", "Rows of the artifacts that steps returned");
  const retries = metricMeter.createCounter("snowball_retries", "attempts", "Attempts after the first");
  const failures = metricMeter.createCounter("snowball_failures", "attempts", "Attempts that failed, by their type");
  const busy = metricMeter.createHistogram(
    "snowball_device_busy",
    "float",
    "s",
    "What steps held a device for, by device: its sum is the time that it was busy",
  );
  const waits = metricMeter.createHistogram("snowball_device_wait", "float", "s", "What steps waited for a device");
  return {
    took({ host, devices, waited, loaded, worked }) {
      if (devices.length > 0) waits.record(waited / 1000);
      for (const device of devices) busy.record((loaded + worked) / 1000, { device: `${host} ${device}` });
    },
    started() {
      if (info.attempt > 1) retries.add(1);
    },
    done(result) {
      const made = rowsOf(result);
      if (made > 0) rows.add(made);
    },
    failed(type) {
      failures.add(1, { type });
    },
  };
}

/** Of an artifact that a step returned, alone or as the adapter of a policy. */
function rowsOf(result: unknown): number {
  if (typeof result !== "object" || result === null) return 0;
  if ("rows" in result && typeof result.rows === "number") return result.rows;
  if ("policy" in result && typeof result.policy === "object" && result.policy !== null) {
    const { adapter, base } = result.policy as { adapter?: unknown; base?: unknown };
    return rowsOf(adapter ?? base);
  }
  return 0;
}
