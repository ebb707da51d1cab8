import { parseDevices } from "../../src/device/devices.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { newRoot, simulatedRecipe, startServer, startWorker } from "../../test/harness/world.ts";
import { SHARD, type Size } from "./size.ts";

/** Seconds that a chunk takes each role. */
export interface RoleTimes {
  readonly rollout: number;
  readonly imagine: number;
  readonly score: number;
}

/** Milliseconds that the slowest role's chunk is played in: well above what Temporal adds to a step. */
const SLOWEST_MS = 500;

/**
 * Seconds of a shard's labelling, with a device for each role, streamed and staged. The loop is the real one, and its
 * roles take as long as was measured, all of them sped up by one factor, which the answer takes back.
 */
export async function labelling(
  size: Size,
  times: RoleTimes,
): Promise<{ readonly stream: number; readonly staged: number }> {
  const faster = (1000 * Math.max(times.rollout, times.imagine, times.score)) / SLOWEST_MS;
  const latency = Object.fromEntries(
    Object.entries(times).map(([role, seconds]) => [role, Math.round((1000 * seconds) / faster)]),
  );
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  const one = { devices: parseDevices("cpu:1"), control: false };
  const hosts = await Promise.all([
    startWorker(root, server.address, { roles: ["train"] }),
    ...(["rollout", "imagine", "score"] as const).map((role) =>
      startWorker(root, server.address, { ...one, roles: [role] }),
    ),
  ]);
  let seeds = 0;
  const shard = async (schedule: "stream" | "staged", chunks = Math.ceil(SHARD / size.questions)): Promise<number> => {
    const name = `${schedule}-${chunks}`;
    const recipe = simulatedRecipe(name, {
      // Equal shards would be found in the store.
      seed: seeds++,
      data: { path: "configs/samples/questions.json", max_samples: chunks, held_out: { val: 0, test: 0 } },
      planner: { num_rollouts: 2, max_instructions: 1 },
      loop: { num_iterations: 1, schedule },
      chunk: { questions: 1, window: 8 },
      simulate: { latency_ms: { ...latency, train: 0 } },
    });
    await startRun(client, recipe);
    await resultOf(client, name);
    const child = await client.workflow.getHandle(`${name}/iter-0`).describe();
    return ((child.closeTime!.getTime() - child.startTime.getTime()) / 1000) * faster;
  };
  try {
    await shard("stream", 2);
    return { staged: await shard("staged"), stream: await shard("stream") };
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
    await close();
  }
}
