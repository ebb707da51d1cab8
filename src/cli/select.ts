import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { pino } from "pino";
import { digestFile } from "../artifact/digest.ts";
import { StepFailure } from "../failure.ts";
import { modelDigest } from "../model/checkpoint.ts";
import { type Embedded, embedAll } from "../model/embed/backend.ts";
import { openEmbedder } from "../model/embed/open.ts";
import { projectRunners } from "../model/python.ts";
import { openSelector, type PoolExample, type Serving } from "../model/selector/served.ts";
import { createTrlTrainer } from "../model/trainer/trl.ts";
import { jsonOption, rootOption } from "./options.ts";
import { runFolderOf } from "./run-folder.ts";

/** How long the encoder may say nothing, in ms: loading CLIP from a slow disk takes a minute. */
const SILENCE_MS = 5 * 60_000;

interface SelectOptions {
  readonly model: string;
  readonly query: string;
  readonly image: readonly string[];
  readonly root: string;
  readonly json?: boolean;
}

export function selectCommand(): Command {
  return new Command("select")
    .description("the examples that a trained selector would show before a question")
    .requiredOption("--model <run>", "a complete run that trained a selector, by its name or folder")
    .requiredOption("--query <text>", "the question")
    .requiredOption("--image <file...>", "its picture, or several")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  snowball select --model pointer-selector-demo --query "What is this?" --image photo.jpg',
    )
    .action(select);
}

async function select({ model, query, image, root, json }: SelectOptions): Promise<void> {
  const selector = await openSelector(join(runFolderOf(root, model), "final"));
  const images = image.map((file) => resolve(file));
  const digests = new Set(await Promise.all(images.map((file) => digestOf(file))));
  const own = selector.pool.filter((each) => each.image_digests.some((digest) => digests.has(digest)));
  const vectors = await embed(root, selector.serving, { images, text: query });
  // As in the run: what is about the query's own picture is no example for it.
  const asked = { ...vectors, id: query, without: new Set(own.map(({ id }) => id)) };
  const [chosen] = await selector.select([asked]);
  if (json) console.log(JSON.stringify(chosen!.map(shown)));
  else
    for (const [at, { id, question, answer }] of chosen!.entries())
      console.log(`${at + 1}  ${id}  ${question}  ${answer}`);
}

function shown({ id, question, answer, images }: PoolExample): object {
  return { id, question, answer, images };
}

async function digestOf(file: string): Promise<string> {
  return digestFile(file).catch((cause: unknown) => {
    throw new StepFailure("BadInput", `The image ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  });
}

/** The query's vectors by the encoder of the run, on the CPU. */
async function embed(
  root: string,
  { encoder }: Serving,
  query: { readonly images: readonly string[]; readonly text: string },
): Promise<Embedded> {
  const found = await modelDigest({ field: "embedding.model", backend: encoder.backend }, root, encoder.model);
  if (found !== encoder.digest) {
    throw new StepFailure(
      "BadInput",
      `${encoder.model} holds another model than the one whose vectors the selector learned; put it back, or run again.`,
    );
  }
  const spec = { ...encoder, model: join(root, encoder.model), micro_batch: 1, silenceMs: SILENCE_MS };
  const device = {
    kind: "cpu",
    index: 0,
    name: "cpu",
    threads: 1,
    lock: join(tmpdir(), `snowball-select-${process.pid}`),
  } as const;
  const trainer = createTrlTrainer(projectRunners(), [device], pino({ enabled: false }));
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  const { embedded } = await embedAll(await openEmbedder(spec, trainer), [query], options);
  return embedded[0]!;
}
