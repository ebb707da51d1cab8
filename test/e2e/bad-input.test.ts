import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevServer, startDevServer } from "../../src/temporal/dev-server.ts";
import { connect } from "../../src/temporal/connection.ts";
import { stateFolderOf } from "../../src/temporal/embedded.ts";
import type { Host } from "../../src/temporal/worker.ts";
import { printed, snowball, snowballWith, UNHURRIED } from "../harness/command.ts";
import { newRoot, simulatedRecipe, startWorker } from "../harness/world.ts";
import { safetensors, SHAPES, writeCheckpoint } from "../support/checkpoint.ts";

let root: string;
let server: DevServer;
let squatter: Server;
let host: Host | undefined;

beforeAll(async () => {
  root = newRoot();
  // Somebody else has the port that people know.
  squatter = createServer().listen(7233, "127.0.0.1");
  await once(squatter, "listening").catch(() => {}); // Taken already: as good.
  server = await startDevServer({ stateFolder: stateFolderOf(root) });
});
afterAll(async () => {
  await host?.stop();
  await server.stop();
  squatter.close();
  rmSync(root, { recursive: true });
});

/** A folder of its own with six good questions, spoilt by the case; the recipe's file. */
interface Case {
  readonly change?: object;
  readonly spoil?: (folder: string, rows: Row[]) => Row[] | string | Buffer | void;
}
type Row = Record<string, unknown>;

let cases = 0;
function prepare({ change = {}, spoil }: Case): string {
  const name = `case-${cases++}`;
  const folder = join(root, name);
  mkdirSync(folder);
  cpSync(join(root, "configs/samples/images"), join(folder, "images"), { recursive: true });
  const rows = (JSON.parse(readFileSync(join(root, "configs/samples/questions.json"), "utf8")) as Row[]).slice(0, 6);
  const spoilt = spoil?.(folder, rows) ?? rows;
  const data = typeof spoilt === "string" || Buffer.isBuffer(spoilt) ? spoilt : JSON.stringify(spoilt);
  writeFileSync(join(folder, "questions.json"), data);
  const recipe = {
    ...simulatedRecipe(name, { loop: { num_iterations: 1 } }),
    data: { path: `${name}/questions.json`, image_root: name, held_out: { val: 0, test: 0 } },
  };
  const file = join(folder, "recipe.json");
  writeFileSync(file, JSON.stringify(merged(recipe, change)));
  return file;
}

function nameIn(file: string): string {
  return (JSON.parse(readFileSync(file, "utf8")) as { name: string }).name;
}

function merged(recipe: object, change: object): object {
  const entries = Object.entries(change).map(([name, value]) => {
    const old = (recipe as Row)[name];
    return [name, typeof value === "object" && !Array.isArray(value) ? { ...(old as object), ...value } : value];
  });
  return { ...recipe, ...Object.fromEntries(entries) };
}

/** What is said on stderr of a command that must end with 2, and without a stack. */
async function refusal(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { exitCode, stderr } = await snowballWith(env, root, ...args);
  expect(exitCode, stderr).toBe(2);
  expect(stderr).not.toMatch(/^\s+at /m);
  return stderr;
}

const SHIPPED = readFileSync("configs/snowball.simulated.yaml", "utf8");

describe.concurrent("a recipe", () => {
  test.each<[string, string | null, RegExp]>([
    ["that is not there", null, /^The recipe .*none\.yaml cannot be read: ENOENT/],
    ["that is not YAML", "pipeline: [snowball\nname: x", /none?\.yaml:\d+ {2}is not YAML: /],
    [
      "of no pipeline",
      "name: x\n",
      /none?\.yaml:1 {2}pipeline is missing or unknown; one of snowball, .* is needed\.$/,
    ],
    [
      "with a misspelt field",
      SHIPPED.replace("num_rollouts:", "num_rolouts:"),
      /:\d+ {2}planner\.num_rolouts is not a field of a recipe; did you mean num_rollouts\?/,
    ],
    [
      "with a text for a number",
      SHIPPED.replace("num_iterations: 5", "num_iterations: five"),
      /:\d+ {2}loop\.num_iterations is "five"; a whole number from 1 to 100 is needed\.$/,
    ],
    [
      "out of range",
      SHIPPED.replace("num_iterations: 5", "num_iterations: 0"),
      /:\d+ {2}loop\.num_iterations is 0; a whole number from 1 to 100 is needed\.$/,
    ],
    [
      "with one rollout",
      SHIPPED.replace("num_rollouts: 4", "num_rollouts: 1"),
      /:\d+ {2}planner\.num_rollouts is 1; a whole number from 2 to 256 is needed\.$/,
    ],
    [
      "at temperature 0",
      SHIPPED.replace("num_rollouts: 4", "num_rollouts: 4\n  temperature: 0"),
      /:\d+ {2}planner\.temperature is 0, so all 4 rollouts/,
    ],
    [
      "that smooths what ignores it",
      SHIPPED.replace("training:", "training:\n  label_smoothing: 0.1"),
      /:\d+ {2}training\.label_smoothing is 0\.1, but sigmoid ignores it/,
    ],
  ])("%s", async (_, text, sentence) => {
    const file = join(root, `${cases++}-none.yaml`);
    if (text !== null) writeFileSync(file, text);
    expect(await refusal(["run", file])).toMatch(sentence);
  });

  test("for more devices than this host has", async () => {
    const file = join(root, `${cases++}-devices.yaml`);
    writeFileSync(file, SHIPPED.replace("training:", "training:\n  num_processes: 3"));
    const few = { SNOWBALL_DEVICES: "cpu:2" };
    expect(await refusal(["run", file, "--root", root], few)).toMatch(
      /^training\.num_processes is 3, but this host has 2 devices \(cpu:0, cpu:1\)/,
    );
  });

  test("that is a folder", async () => {
    expect(await refusal(["run", join(root, "configs")])).toMatch(/^The recipe .* cannot be read: EISDIR/);
  });
});

const without =
  (field: string) =>
  (_: string, [first, ...rest]: Row[]) => {
    const { [field]: _gone, ...row } = first!;
    return [row, ...rest];
  };
const withFirst =
  (over: Row) =>
  (_: string, [first, ...rest]: Row[]) => [{ ...first, ...over }, ...rest];

describe.concurrent("data", () => {
  test.each<[string, Case, RegExp]>([
    ["that is not there", { change: { data: { path: "none.json" } } }, /^none\.json does not exist/],
    ["that is empty", { spoil: () => "" }, /questions\.json has no questions/],
    [
      "that is not JSON",
      {
        spoil: (_, rows) =>
          rows
            .map((row) => JSON.stringify(row))
            .join("\n")
            .replace('"id"', "id"),
      },
      /questions\.json, row 1: it is not JSON/,
    ],
    [
      "that is not UTF-8",
      { spoil: (_, rows) => Buffer.from(JSON.stringify(rows).replace("left", "l\u00E4ft"), "latin1") },
      /questions\.json.* is not UTF-8/,
    ],
    ["with a row without an id", { spoil: without("id") }, /row 1: id is missing/],
    ["with a row without a question", { spoil: without("question") }, /row 1 \(id "squares-00"\): question is missing/],
    ["with a row without images", { spoil: without("images") }, /row 1 \(id "squares-00"\): images? is missing/],
    [
      "with an id twice",
      { spoil: withFirst({ id: "squares-03" }) },
      /row 4 \(id "squares-03"\): row 1 has the same id/,
    ],
    [
      "with an id that leaves its folder",
      { spoil: withFirst({ id: "../up" }) },
      /row 1 \(id "\.\.\/up"\): id names a folder/,
    ],
    [
      "with an image outside image_root",
      { spoil: withFirst({ images: ["../00.png"] }) },
      /images\[0\] "\.\.\/00\.png" leaves image_root/,
    ],
    [
      "with an image that is not there",
      { spoil: withFirst({ images: ["images/none.png"] }) },
      /"images\/none\.png" cannot be found/,
    ],
    [
      "with an id of too many bytes",
      { spoil: withFirst({ id: "空".repeat(120) }) },
      /row 1 \(id "空+"\): id has 360 bytes; it names a folder, and at most 200 are possible/,
    ],
    [
      "in columns",
      { spoil: (_, rows) => JSON.stringify({ id: rows.map((row) => row["id"]), question: rows.map(() => "What?") }) },
      /questions\.json is one object with a column under each name; rows are needed/,
    ],
    [
      "with an image in its row",
      { spoil: withFirst({ images: [readFileSync("configs/samples/images/00.png").toString("base64")] }) },
      /images\[0\] holds an image itself, where a file name is needed; .*bin\/snowball data unpack/,
    ],
    [
      "with options that have no true one",
      { spoil: withFirst({ options: ["a cat", "a dog"], answer: "a cow" }) },
      /row 1 \(id "squares-00"\): answer is "a cow", which is none of the 2 options/,
    ],
    [
      "with half a character",
      { spoil: withFirst({ question: "What is \ud83d?" }) },
      /row 1 \(id "squares-00"\): question has half a character in it/,
    ],
    [
      "with fewer questions than iterations",
      { change: { loop: { num_iterations: 7 } } },
      /has 6 questions: .* 6 are left for 7 iterations/,
    ],
  ])("%s", async (_, given, sentence) => {
    expect(await refusal(["run", prepare(given)])).toMatch(sentence);
  });
});

/** A single round on a file of these pairs; the recipe's file. */
function round(pairs: readonly object[]): string {
  const file = prepare({ spoil: (folder) => writeFileSync(join(folder, "pairs.json"), JSON.stringify(pairs)) });
  const { loop: _, ...recipe } = JSON.parse(readFileSync(file, "utf8")) as Row;
  const name = String(recipe["name"]);
  const change = { pipeline: "single-round", round: { pairs: `${name}/pairs.json` }, data: { image_root: name } };
  writeFileSync(file, JSON.stringify({ ...recipe, ...change }));
  return file;
}

describe.concurrent("pairs of one's own", () => {
  const seed = {
    image: "images/00.png",
    prompt: "<image>What is left?",
    chosen: "A red square.",
    rejected: "Nothing.",
  };
  const turns = [
    { role: "user", content: "One?" },
    { role: "assistant", content: "Yes." },
  ];
  const twice = [...turns, { role: "user", content: "Two?" }, { role: "assistant", content: "No." }];

  test.each<[string, object, RegExp]>([
    ["with an image token", { chosen: "<|image_pad|>" }, /row 2 \(id "2"\): chosen has the marker <\|image_pad\|>/],
    [
      "with a chat template applied",
      { prompt: "<|im_start|>user\nWhat?<|im_end|>" },
      /row 2 \(id "2"\): prompt has the marker <\|im_start\|>; the text alone is needed/,
    ],
    [
      "of another trainer, with several turns",
      { messages: twice, rejected_response: "Yes." },
      /row 2 \(id "2"\): it is a row of ms-swift, but its conversation is not one turn of the user/,
    ],
  ])("%s", async (_, change, sentence) => {
    expect(await refusal(["run", round([seed, { ...seed, ...change }])])).toMatch(sentence);
  });

  test("of the seed's shape, and of TRL's, are looked at and counted", async () => {
    const trl = {
      prompt: turns.slice(0, 1),
      chosen: turns.slice(1),
      rejected: twice.slice(3),
      images: ["images/01.png"],
    };
    const file = round([seed, trl]);
    const { stdout, exitCode } = await snowball(root, "data", "check", file);
    expect(stdout).toBe("usable    2 pairs · 2 images\nNothing is wrong.");
    expect(exitCode).toBe(0);
    expect((await snowball(root, "plan", file)).stdout).toMatch(/ {2}2 pairs, given/);
  });
});

const servedBy = (model: string) => ({
  planner: { backend: "transformers", model },
  training: { backend: "trl" },
});

describe.concurrent("a model folder", () => {
  test.each<[string, (folder: string) => void, RegExp]>([
    ["that is not there", () => {}, /^planner\.model ".*" does not exist/],
    [
      "that is not whole",
      (folder) => writeCheckpoint(folder, { "model.safetensors": safetensors(SHAPES).subarray(0, 300) }),
      /is not complete: model\.safetensors/,
    ],
    [
      "without a processor",
      (folder) => writeCheckpoint(folder, { "preprocessor_config.json": null }),
      /preprocessor_config\.json .* is missing/,
    ],
    [
      "with an adapter in it",
      (folder) => writeCheckpoint(folder, { "adapter_config.json": "{}" }),
      /has an adapter_config\.json beside its weights, which would be applied to them without a word/,
    ],
    [
      "with pickled weights",
      (folder) => writeCheckpoint(folder, { "model.safetensors": null, "pytorch_model.bin": "x" }),
      /has its weights as pytorch_model\.bin alone/,
    ],
    [
      "of an unknown kind",
      (folder) => writeCheckpoint(folder, { "config.json": '{"model_type":"llava"}' }),
      /is of type "llava"; .*qwen3_vl.* are supported/,
    ],
  ])("%s", async (_, write, sentence) => {
    const model = `models/${cases++}`;
    write(join(root, model));
    expect(await refusal(["run", prepare({ change: servedBy(model) })])).toMatch(sentence);
  });
});

test("a disk that is too small for the plan; the plan warns, and a flag starts it all the same", async () => {
  const file = prepare({
    change: { planner: { num_rollouts: 256, max_instructions: 32 }, executor: { width: 8192, height: 8192 } },
  });
  expect(await refusal(["run", file])).toMatch(
    /^The disk is too small for this recipe: it needs up to [\d.]+ TB, .* Nothing was started/,
  );
  const planned = await snowball(root, "plan", file);
  expect(planned.exitCode).toBe(0);
  expect(planned.stdout).toContain("Note: the disk is too small for this plan");
  const forced = await snowball(root, "run", file, "--ignore-disk", "--detach");
  expect(forced.stdout).toMatch(/^Snowball {2}case-/);
  // Nobody wants its views.
  const { client, connection } = await connect(root);
  await client.workflow.getHandle(nameIn(file)).terminate();
  await connection.close();
});

describe.concurrent("a server", () => {
  test("that does not answer", async () => {
    const said = await refusal(["run", prepare({})], { TEMPORAL_ADDRESS: "127.0.0.1:1" });
    expect(said).toMatch(/^The Temporal server at 127\.0\.0\.1:1 does not answer; look at TEMPORAL_ADDRESS/);
  });

  test("that does not know the namespace", async () => {
    const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: "nowhere" };
    const said = await refusal(["run", prepare({})], env);
    expect(said).toMatch(/knows no namespace "nowhere"; set TEMPORAL_NAMESPACE, or create it: temporal operator/);
  });

  test("whose port is taken starts on another, and is found there", async () => {
    expect(server.address).not.toBe("127.0.0.1:7233");
    expect((await snowball(root, "list")).exitCode).toBe(0);
  });
});

test("no worker: said within ten seconds, with what to type; first for the workflow, then for a role", async () => {
  const file = prepare({});
  const waiting = snowball(root, "run", file);
  await printed(waiting, "waiting: no worker takes the queue snowball. Start one: bin/snowball worker", 10_000);
  const control = await startWorker(root, server.address, { roles: [] });
  await printed(
    waiting,
    /no worker takes the queues? .*snowball-(rollout|imagine).*bin\/snowball worker --roles/,
    10_000,
  );
  await control.stop();
  waiting.kill("SIGINT");
  expect((await waiting).all).toContain("Stopped watching. The run goes on.");
});

const firstImage = (spoil: (file: string) => void) => (folder: string) => spoil(join(folder, "images/00.png"));

describe("with a worker", () => {
  beforeAll(async () => {
    host = await startWorker(root, server.address);
  });

  describe.concurrent("an image", () => {
    test.each<[string, Case, RegExp]>([
      [
        "that is empty",
        { spoil: firstImage((file) => writeFileSync(file, "")) },
        /squares-00.*images\/00\.png" .*(empty|0 bytes)/,
      ],
      [
        "that is cut off",
        { spoil: firstImage((file) => truncateSync(file, 60)) },
        /squares-00.*images\/00\.png" .*(ends|truncated|cut)/,
      ],
      [
        "that is none",
        { spoil: firstImage((file) => writeFileSync(file, "<html>not found</html>")) },
        /squares-00.*images\/00\.png" /,
      ],
      ["that is too large", { change: { data: { max_image_pixels: 100 } } }, /squares-0\d.*images\/0\d\.png" .*pixels/],
      [
        "that a link leads outside",
        {
          spoil: firstImage((file) => {
            rmSync(file);
            symlinkSync(join(root, "configs/samples/images/00.png"), file);
          }),
        },
        /squares-00.*images\/00\.png" .*outside/,
      ],
    ])("%s", async (_, given, sentence) => {
      expect(await refusal(["run", prepare(given)])).toMatch(sentence);
    });

    test("that is in training under one name and held out under another", async () => {
      const file = prepare({
        change: { data: { held_out: { val: 0, test: 3 } } },
        spoil: (folder, rows) => {
          for (let copy = 1; copy < 6; copy++)
            cpSync(join(folder, "images/00.png"), join(folder, `images/0${copy}.png`));
          return rows;
        },
      });
      expect(await refusal(["run", file])).toMatch(
        /Held-out question "squares-0\d" and training question "squares-0\d" show the same picture/,
      );
    });
  });

  test("the same run twice joins it; a recipe that was edited meanwhile says what differs", async () => {
    const slow = { ...UNHURRIED, data: { held_out: { val: 0, test: 0 } } };
    const file = prepare({ change: { ...slow, simulate: { latency_ms: { rollout: 5_000 } } } });
    const first = await snowball(root, "run", file, "--detach");
    expect(first.all).toMatch(/^Snowball {2}case-/);
    const second = await snowball(root, "run", file, "--detach");
    expect(second.all).toMatch(/^Going on with case-/);
    expect(second.all).not.toContain("differs");

    const recipe = JSON.parse(readFileSync(file, "utf8")) as { name: string; training: object };
    writeFileSync(file, JSON.stringify({ ...recipe, training: { ...recipe.training, beta: 0.2 } }));
    const edited = await snowball(root, "run", file, "--detach");
    expect(edited.all).toContain(
      "keeps the recipe that it was started with: this one differs in training.beta 0.1 → 0.2.",
    );
    expect((await snowball(root, "cancel", recipe.name)).exitCode).toBe(0);
  });
});
