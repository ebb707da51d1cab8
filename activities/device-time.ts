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

/** Who is told of a use of devices: while they are held, and when it is over. */
export interface Watch {
  readonly held: (devices: readonly string[]) => void;
  readonly over: (time: DeviceTime) => void;
}

/** The same models, with a note of each use of a device. */
export function timed(models: Models, watch: Watch): Models {
  return {
    withVlm: (role, spec, options, use) =>
      watched(watch, options, use, (own, begun) => models.withVlm(role, spec, own, begun)),
    withExecutor: (spec, options, use) =>
      watched(watch, options, use, (own, begun) => models.withExecutor(spec, own, begun)),
    withTrainer: (spec, options, use) =>
      watched(watch, options, use, (own, begun) => models.withTrainer(spec, own, begun)),
    close: () => models.close(),
  };
}

async function watched<O extends Waiting, M, T>(
  { held: hold, over }: Watch,
  options: O,
  use: (model: M) => Promise<T>,
  ask: (options: O, use: (model: M) => Promise<T>) => Promise<T>,
): Promise<T> {
  const asked = performance.now();
  let held: number | undefined;
  let began: number | undefined;
  let devices: readonly string[] = [];
  const onDevices = (names: readonly string[]): void => {
    held ??= performance.now();
    devices = names;
    hold(names);
  };
  try {
    return await ask({ ...options, onDevices }, (model) => {
      began = performance.now();
      return use(model);
    });
  } finally {
    hold([]);
    const ended = performance.now();
    const since = held ?? began ?? ended;
    const from = began ?? ended;
    over({ devices, waited: since - asked, loaded: from - since, worked: ended - from });
  }
}
