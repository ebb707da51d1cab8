import type { Models, Waiting } from "../src/model/models.ts";

/** What a step had of devices, in ms. */
export interface DeviceTime {
  /** As hosts call them: "cuda:0", "cpu:2". */
  readonly devices: readonly string[];
  /** Until a device was free. */
  readonly waited: number;
  /** Until the model on it could be asked; 0 for a warm one. */
  readonly loaded: number;
  readonly worked: number;
}

/** The same models, with a note of each use of a device. */
export function timed(models: Models, note: (time: DeviceTime) => void): Models {
  return {
    withVlm(role, spec, options, use) {
      const clock = watched(options, use, note);
      return models.withVlm(role, spec, clock.options, clock.use);
    },
    withExecutor(spec, options, use) {
      const clock = watched(options, use, note);
      return models.withExecutor(spec, clock.options, clock.use);
    },
    withTrainer(spec, options, use) {
      const clock = watched(options, use, note);
      return models.withTrainer(spec, clock.options, clock.use);
    },
    close: () => models.close(),
  };
}

function watched<O extends Waiting, M, T>(options: O, use: (model: M) => Promise<T>, note: (time: DeviceTime) => void) {
  const asked = performance.now();
  let held: number | undefined;
  let devices: readonly string[] = [];
  return {
    options: {
      ...options,
      onDevices(names: readonly string[]): void {
        held ??= performance.now();
        devices = names;
      },
    },
    use: async (model: M): Promise<T> => {
      const began = performance.now();
      try {
        return await use(model);
      } finally {
        const since = held ?? began;
        note({ devices, waited: since - asked, loaded: began - since, worked: performance.now() - began });
      }
    },
  };
}
