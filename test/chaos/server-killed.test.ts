import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test } from "vitest";
import { startDevServer } from "../../src/temporal/dev-server.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { rng } from "../../src/seed.ts";
import { type Outcome, outcomeOf } from "../harness/outcome.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { newRoot, simulatedRecipe, startServer } from "../harness/world.ts";

/** Steps that take their time, so that a kill meets one at work. */
const recipe = simulatedRecipe("restarted", {
  data: { max_samples: 12, held_out: { val: 2, test: 2 } },
  loop: { num_iterations: 2 },
  simulate: { latency_ms: { rollout: 300, imagine: 300, score: 300, train: 1500 } },
});
/** When something is killed, in ms after the last time: drawn once, so that a failure can be repeated. */
const draw = rng("server-killed");
const pause = (): number => 500 + Math.floor(draw() * 3000);

let undisturbed: Outcome;

beforeAll(async () => {
  undisturbed = await undisturbedOutcome(recipe);
});

test("kill -9 of the server, three times, restarted on the same database, changes nothing", async () => {
  const root = newRoot();
  const { server: first, client, close } = await startServer(root);
  let server = first;
  const worker = await startWorkerProcess(root, server.address);
  await startRun(client, recipe);
  const [, port] = server.address.split(":");
  const [, , uiPort] = server.ui.split(":");
  for (let kills = 0; kills < 3; kills++) {
    await sleep(pause());
    process.kill(server.pid, "SIGKILL");
    await server.ended;
    server = await startDevServer({
      stateFolder: `${root}/.snowball`,
      ports: { grpc: Number(port), ui: Number(uiPort) },
    });
  }
  const outcome = outcomeOf(root, await resultOf(client, recipe.name));
  await worker.kill("SIGTERM");
  await server.stop();
  await close();
  expect(outcome).toEqual(undisturbed);
});

test("a worker that sleeps past its heartbeat limit and wakes up again (a ghost) changes nothing", async () => {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  const ghost = await startWorkerProcess(root, server.address);
  await startRun(client, recipe);
  await sleep(pause());
  await ghost.kill("SIGSTOP");
  const successor = await startWorkerProcess(root, server.address);
  // Longer than the limit of 2 s, so that the successor has what the ghost still believes to be its own.
  await sleep(4000);
  await ghost.kill("SIGCONT");
  const outcome = outcomeOf(root, await resultOf(client, recipe.name));
  await Promise.all([ghost.kill("SIGTERM"), successor.kill("SIGTERM")]);
  await close();
  expect(outcome).toEqual(undisturbed);
});

test("random kills of workers while one of two always lives change nothing", async () => {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  await startRun(client, recipe);
  const workers = [await startWorkerProcess(root, server.address), await startWorkerProcess(root, server.address)];
  for (let kills = 0; kills < 4; kills++) {
    await sleep(pause());
    await workers.shift()!.kill("SIGKILL");
    workers.push(await startWorkerProcess(root, server.address));
  }
  const outcome = outcomeOf(root, await resultOf(client, recipe.name));
  for (const worker of workers) await worker.kill("SIGTERM");
  await close();
  expect(outcome).toEqual(undisturbed);
});
