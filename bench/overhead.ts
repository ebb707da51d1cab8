/**
 * What does durability cost? Labels one shard of 34 chunks with simulated roles on a real server and compares the wall
 * time with what the slowest role would need alone (34 × its latency), side by side in one run.
 *
 * A stream through three roles cannot be faster than the slowest role plus one pass of the others (filling and
 * draining), so that floor is printed too.
 *
 * Run: node bench/overhead.ts
 */

import { parseDevices } from "../src/device/devices.ts";
import { startRun, resultOf } from "../src/temporal/start.ts";
import { newRoot, simulatedRecipe, startServer, startWorker } from "../test/harness/world.ts";

const CHUNKS = 34;
const REPEATS = 3;
/** Milliseconds that the bottleneck's step takes. */
const SLOWEST = 200;

interface Latencies {
  readonly rollout: number;
  readonly imagine: number;
  readonly score: number;
}

/** Seconds from the start of the labelling child to its end, from Temporal's own clock. */
async function label(name: string, latency: Latencies): Promise<number> {
  const recipe = simulatedRecipe(name, {
    seed: Number(process.hrtime.bigint() % 1_000_000n),
    data: { path: "configs/samples/questions.json", max_samples: CHUNKS, held_out: { val: 0, test: 0 } },
    planner: { num_rollouts: 2, max_instructions: 1 },
    loop: { num_iterations: 1 },
    chunk: { questions: 1, window: 8 },
    simulate: { latency_ms: { ...latency, train: 0 } },
  });
  await startRun(client, recipe);
  await resultOf(client, name);
  const child = await client.workflow.getHandle(`${name}/iter-0`).describe();
  return (child.closeTime!.getTime() - child.startTime.getTime()) / 1000;
}

const root = newRoot();
const { server, client, close } = await startServer(root);

// One device per role, as on a host with a GPU for each.
const one = { devices: parseDevices("cpu:1"), control: false };
const hosts = await Promise.all([
  startWorker(root, server.address, { roles: ["train"] }),
  startWorker(root, server.address, { ...one, roles: ["rollout"] }),
  startWorker(root, server.address, { ...one, roles: ["imagine"] }),
  startWorker(root, server.address, { ...one, roles: ["score"] }),
]);

/** The middle of several runs, with the least and the most. */
async function repeated(title: string, latency: Latencies): Promise<{ wall: number; spread: string }> {
  const walls: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) walls.push(await label(`${title}-${repeat}`, latency));
  walls.sort((a, b) => a - b);
  return { wall: walls[Math.floor(REPEATS / 2)]!, spread: `${walls[0]!.toFixed(2)}–${walls.at(-1)!.toFixed(2)}` };
}

await label("warm-up", { rollout: 1, imagine: 1, score: 1 });
const alone = (CHUNKS * SLOWEST) / 1000;
const role = await repeated("alone", { rollout: 0, imagine: SLOWEST, score: 0 });
process.stdout.write(
  `the slowest role: ${alone.toFixed(2)} s by arithmetic, ${role.wall.toFixed(2)} s (${role.spread}) in the loop alone\n`,
);
for (const others of [SLOWEST / 2, SLOWEST]) {
  const { wall, spread } = await repeated(`others-${others}`, { rollout: others, imagine: SLOWEST, score: others });
  const floor = alone + (2 * others) / 1000;
  process.stdout.write(
    `others ${others} ms: wall ${wall.toFixed(2)} s (${spread})   to the slowest role alone ${(wall / role.wall).toFixed(3)}, ` +
      `by arithmetic ${(wall / alone).toFixed(3)}   to the floor of a stream (${floor.toFixed(2)} s) ${(wall / floor).toFixed(3)}\n`,
  );
}
await Promise.all(hosts.map((host) => host.stop()));
await close();
