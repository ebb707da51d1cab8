import type { Closable } from "../device/server-pool.ts";
import type { ImageBackend } from "./image/backend.ts";
import type { AskedOfVlm } from "./server-names.ts";
import type { ExecutorSpec, VlmSpec } from "./specs.ts";
import type { TrainerBackend } from "./trainer/backend.ts";
import type { CallOptions, VlmBackend } from "./vlm/backend.ts";
import type { Simulate } from "../recipe/common.ts";

/** A VLM that is loaded and waits. Those who use it differ at most in what goes with each request. */
export interface WarmVlm extends Closable {
  speak(spec: Pick<VlmSpec, "serving" | "adapter" | "simulate"> & AskedOfVlm): VlmBackend;
}

/** Who trains, on how many devices at once. */
export interface TrainerSpec {
  readonly backend: "trl" | "llama-factory" | "simulated";
  readonly devices: number;
  readonly simulate: Simulate;
}

/** Gives the steps a model on a leased device, whichever backend plays the role. */
export interface Models {
  withVlm<T>(
    role: "rollout" | "score",
    spec: VlmSpec,
    options: CallOptions & Waiting & Used,
    use: (vlm: VlmBackend) => Promise<T>,
  ): Promise<T>;
  withExecutor<T>(
    spec: ExecutorSpec,
    options: CallOptions & Waiting & Used,
    use: (executor: ImageBackend) => Promise<T>,
  ): Promise<T>;
  withTrainer<T>(
    spec: TrainerSpec,
    options: CallOptions & Waiting,
    use: (trainer: TrainerBackend) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

export interface Waiting {
  /** Called while the step waits for a free device, so that its heartbeat says so. */
  readonly onWaiting: () => void;
  /** Called with the devices that are held now, before anything is loaded; again before the work begins. */
  readonly onDevices?: (devices: readonly string[]) => void;
  /**
   * Called when a server was started for this step and has loaded, before anybody is served: what it throws ends the
   * server, which would stay warm under the name of what it should have loaded.
   */
  readonly onLoaded?: () => Promise<void>;
}

/** Whose model it is: a run's next planner replaces its last, and nothing of another run. */
export interface Used {
  readonly by: { readonly run: string; readonly as: string };
}
