import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { embeddedServer, isAlive, stateFolderOf } from "../../src/temporal/embedded.ts";
import { printed, snowball, UNHURRIED, writeRecipe } from "../harness/command.ts";
import { newRoot } from "../harness/world.ts";

let root: string;
beforeEach(() => {
  root = newRoot();
});
afterEach(() => rmSync(root, { recursive: true }));

function serverPid(): number {
  const server = embeddedServer(stateFolderOf(root));
  if (server === null) throw new Error("no embedded server is remembered");
  return server.pid;
}

/** The process that logged last that it works. */
async function workerPid(): Promise<number> {
  const log = await readFile(join(stateFolderOf(root), "worker.log"), "utf8");
  const last = [...log.matchAll(/"pid":(\d+).*"msg":"working"/g)].at(-1)?.[1];
  if (last === undefined) throw new Error("no worker has said that it works");
  return Number(last);
}

/** The tables of a result that was printed for programs. */
function tables({ stdout }: { readonly stdout: string }): unknown {
  return (JSON.parse(stdout) as { tables: unknown }).tables;
}

test("run: from nothing to the result, and nothing is left running", async () => {
  const recipe = writeRecipe(root, "plain", { data: { held_out: { val: 2, test: 2 } } });
  const { exitCode, all } = await snowball(root, "run", recipe);
  expect(exitCode).toBe(0);
  expect(all).toMatch(/^Snowball {2}plain {3}5 iterations/);
  expect(all).toContain("Every sample is accounted for: 80 = ");
  expect(all).not.toContain("\u001B");
  expect(embeddedServer(stateFolderOf(root))).toBeNull();
  expect(isAlive(await workerPid())).toBe(false);

  const again = await snowball(root, "run", recipe, "--json");
  expect(again.exitCode).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    run: "plain",
    accounts: [
      { of: "sample", total: 80 },
      { of: "question", total: 20 },
    ],
  });
  expect(again.stderr).toContain("plain is complete already");

  const shown = await snowball(root, "show", "plain", "--json");
  expect(JSON.parse(shown.stdout)).toMatchObject({ status: "completed", run: "plain" });
  const verified = await snowball(root, "verify", "plain");
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(verified.stdout).toContain("All is as it was committed.");
});

test("run: ^C stops what it started; started again, it goes on", async () => {
  const recipe = writeRecipe(root, "stopped", UNHURRIED);
  const first = snowball(root, "run", recipe);
  await printed(first, "training on the pairs");
  const pids = [serverPid(), await workerPid()];
  first.kill("SIGINT");
  expect(await first).toMatchObject({ exitCode: 130 });
  expect((await first).all).toContain("Nothing finished is lost.");
  expect(pids.filter(isAlive)).toEqual([]);

  const second = await snowball(root, "run", recipe);
  expect(second.exitCode).toBe(0);
  expect(second.all).toContain("Going on with stopped");
});

test("run: a killed worker and a killed server are started again, and the run completes", async () => {
  const command = snowball(root, "run", writeRecipe(root, "battered", UNHURRIED));
  await printed(command, "training on the pairs");
  process.kill(await workerPid(), "SIGKILL");
  await printed(command, "The worker ended (exit status 137) and is started again.");
  process.kill(serverPid(), "SIGKILL");
  await printed(command, "The Temporal server ended (exit status 137) and is started again.");
  const { exitCode, all } = await command;
  expect(all).toContain("Every question is accounted for: 8 = ");
  expect(exitCode).toBe(0);
});

test("run: killed itself, it takes server and worker with it; cancel closes what it left open", async () => {
  const recipe = writeRecipe(root, "killed", UNHURRIED);
  const command = snowball(root, "run", recipe);
  await printed(command, "training on the pairs");
  const pids = [serverPid(), await workerPid()];
  command.kill("SIGKILL");
  await command;
  await vi.waitUntil(() => !pids.some(isAlive), { timeout: 30_000 });

  const cancelled = await snowball(root, "cancel", "killed");
  expect(cancelled).toMatchObject({ exitCode: 0 });
  expect(cancelled.stdout).toContain("Cancelled killed.");
  const twice = await snowball(root, "cancel", "killed");
  expect(twice).toMatchObject({ exitCode: 2, stderr: 'No open run is called "killed".' });
});

test("evaluate: writes the recipe and runs it; the same command again goes on with the same run", async () => {
  const data = ["--data", "configs/samples/questions.json", "--images", "configs/samples"];
  const asked = ["--backend", "simulated", "--model", "one", "--model", "two", "--max-questions", "20", ...data];
  const command = snowball(root, "evaluate", ...asked);
  const { exitCode, all } = await command;
  expect(exitCode).toBe(0);
  const name = /Wrote (mmsi-[0-9a-f]{6})\.yaml/.exec(all)![1]!;
  expect(all).toMatch(/policy +mmsi, strict reader +against one +unparseable/);
  expect(all).toContain("Every question of mmsi to one is accounted for: 20 = ");

  const again = await snowball(root, "evaluate", ...asked, "--json");
  expect(again.stderr).toContain(`${name} is complete already`);
  expect(JSON.parse(again.stdout)).toMatchObject({ run: name, pipeline: "evaluate" });
  expect((await snowball(root, "show", name)).stdout).toContain("accounted for: 20 = ");
  expect(await snowball(root, "verify", name)).toMatchObject({ exitCode: 0 });
  expect((await snowball(root, "prune", "--dry-run")).exitCode).toBe(0);

  const other = await snowball(root, "evaluate", "--name", name, "--backend", "simulated", "--model", "one", ...data);
  expect(other).toMatchObject({ exitCode: 2 });
  expect(other.stderr).toContain(`${name}.yaml is there already and says something else`);
});

test("evaluate: killed in the middle, it goes on where it was, to the same table", async () => {
  const evaluation = {
    pipeline: "evaluate",
    policies: [
      { name: "one", model: "one" },
      { name: "two", model: "two" },
    ],
    benchmarks: [
      { benchmark: "mmsi", data: { path: "configs/samples/questions.json", image_root: "configs/samples" } },
    ],
    answering: { backend: "simulated" },
    chunk: { questions: 4, window: 1 },
    retries: { heartbeat_timeout_s: 2 },
  };
  const recipe = (name: string, rollout: number): string => {
    writeFileSync(
      join(root, `${name}.json`),
      JSON.stringify({ ...evaluation, name, simulate: { latency_ms: { rollout } } }),
    );
    return `${name}.json`;
  };
  const whole = await snowball(root, "run", recipe("whole", 0), "--json");
  rmSync(join(root, ".snowball/store"), { recursive: true });

  const command = snowball(root, "run", recipe("killed", 400));
  await printed(command, "policy 2 of 2 (two)");
  command.kill("SIGKILL");
  await command;
  const second = await snowball(root, "run", "killed.json", "--json");
  expect(second.exitCode).toBe(0);
  expect(second.stderr).toContain("Going on with killed");
  expect(tables(second)).toEqual(tables(whole));
});

test("up, run, status, list, cancel, down", async () => {
  const recipe = writeRecipe(root, "long", { ...UNHURRIED, loop: { num_iterations: 4 } });
  expect((await snowball(root, "status", "long")).stderr).toContain("No Temporal server is running");
  expect(await snowball(root, "up")).toMatchObject({ exitCode: 0 });
  const pids = [serverPid(), await workerPid()];

  expect(await snowball(root, "status", "long")).toMatchObject({ exitCode: 2 });
  const watching = snowball(root, "run", recipe);
  await printed(watching, "iteration 1 of 4");
  watching.kill("SIGINT");
  expect((await watching).all).toContain("Stopped watching. The run goes on.");
  expect(pids.every(isAlive)).toBe(true);

  const status = await snowball(root, "status", "long", "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({ name: "long", status: "RUNNING", progress: { stage: { of: 4 } } });
  const other = writeRecipe(root, "long", { ...UNHURRIED, loop: { num_iterations: 3 } });
  const joined = await snowball(root, "run", other, "--detach");
  expect(joined.all).toContain("Going on with long");
  expect(joined.all).toContain("this one differs in loop.num_iterations 4 → 3.");

  expect(await snowball(root, "cancel", "long")).toMatchObject({ exitCode: 0 });
  const followed = await snowball(root, "status", "long", "--follow");
  expect(followed).toMatchObject({ exitCode: 1, stderr: "The run was cancelled." });
  expect((await snowball(root, "status", "long")).stdout).toMatch(/^long {3}cancelled {3}.*\nThe run was cancelled\.$/);
  const listed = await snowball(root, "list", "--json");
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: "long", status: "CANCELLED" }]);

  expect(await snowball(root, "down")).toMatchObject({ exitCode: 0 });
  expect(pids.filter(isAlive)).toEqual([]);
  expect((await snowball(root, "down")).stdout).toBe("Nothing is up.");
});

test("init, plan, run, a change from an iteration on, resume, prune", async () => {
  const file = join(root, "mine.yaml");
  const edit = (change: (text: string) => string) => writeFileSync(file, change(readFileSync(file, "utf8")));
  const nobody = ["--model", "simulated", "--critic", "simulated", "--executor", "simulated"];
  const written = await snowball(root, "init", "mine.yaml", "--data", "configs/samples/questions.json", ...nobody);
  expect(written).toMatchObject({ exitCode: 0 });
  expect(written.stdout).toContain("Wrote mine.yaml: 1 iteration, 4 test and 2 val questions held out.");
  expect(await snowball(root, "init", "mine.yaml")).toMatchObject({ exitCode: 2 });
  edit((text) =>
    text
      .replace("num_iterations: 1", "num_iterations: 2")
      .replace("width: 1024", "width: 48")
      .replace("height: 1024", "height: 32")
      .replace("num_rollouts: 8", "num_rollouts: 3"),
  );
  const planned = await snowball(root, "plan", "mine.yaml", "--json");
  expect(JSON.parse(planned.stdout)).toMatchObject({ run: "mine", data: { shards: [17, 17], val: 2, test: 4 } });

  expect(await snowball(root, "up")).toMatchObject({ exitCode: 0 });
  expect(await snowball(root, "run", "mine.yaml")).toMatchObject({ exitCode: 0 });
  edit((text) => text.replace("learning_rate: 0.00001", "learning_rate: 0.5"));
  const changed = await snowball(root, "run", "mine.yaml");
  expect(changed.stdout).toContain("this one differs in training.learning_rate 0.00001 → 0.5. With --anew:");
  expect(changed.stdout).toContain("Done again: the training of iteration 1 (iter_0)");

  const kept = await snowball(root, "run", "mine.yaml", "--from-iteration", "1");
  expect(kept).toMatchObject({ exitCode: 0 });
  expect(kept.stdout).toMatch(
    /^Iteration 1 \(iter_0\) stays as it is\. From iteration 2 \(iter_1\) on: training\.learning_rate 0\.00001 → 0\.5\./,
  );
  expect(kept.stdout).toContain("Done again: the training of iteration 2 (iter_1)");
  const again = await snowball(root, "run", "mine.yaml", "--from-iteration", "1");
  expect(again.stdout).toContain("mine is complete already");
  edit((text) => text.replace("seed: 0", "seed: 1"));
  const broken = await snowball(root, "run", "mine.yaml", "--from-iteration", "1");
  expect(broken).toMatchObject({ exitCode: 2 });
  expect(broken.stderr).toContain("Iterations before 1 cannot stay as they are: seed 0 → 1.");

  const resumed = await snowball(root, "resume", "mine");
  expect(resumed).toMatchObject({ exitCode: 0 });
  expect(resumed.stdout).toContain("mine is complete already");
  const retried = await snowball(root, "resume", "mine", "--retry-quarantined", "--dry-run");
  expect(retried.stdout).toBe("mine has no quarantined sample.");
  expect(await snowball(root, "resume", "nobody")).toMatchObject({ exitCode: 2 });

  const pruned = await snowball(root, "prune", "mine", "--keep", "pairs", "--json");
  expect(JSON.parse(pruned.stdout)).toMatchObject({ parts: [{ what: "views" }], done: true });
  expect(await snowball(root, "verify", "mine")).toMatchObject({ exitCode: 0 });
  expect((await snowball(root, "doctor")).stdout).toMatch(/^ok {7}node .*\n(.*\n)*ok {7}temporal .*namespace default/);
  expect(await snowball(root, "down")).toMatchObject({ exitCode: 0 });
});

test("input that is not usable ends with 2 and one sentence, and starts nothing", async () => {
  const missing = await snowball(root, "run", "nowhere.yaml");
  expect(missing).toMatchObject({ exitCode: 2 });
  expect(missing.stderr).toContain("nowhere.yaml cannot be read");

  const broken = await snowball(root, "run", writeRecipe(root, "broken", { data: { path: "configs/none.json" } }));
  expect(broken).toMatchObject({ exitCode: 2 });
  expect(broken.stderr).toContain("configs/none.json");

  expect(await snowball(root, "worker", "--roles", "cook")).toMatchObject({ exitCode: 2 });
  expect(await snowball(root, "show", "nobody")).toMatchObject({ exitCode: 2 });
  expect(await snowball(root, "fly")).toMatchObject({ exitCode: 2 });
});
