import { createHash } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { StepFailure } from "../../../src/failure.ts";
import type { CallOptions, Message, Sampling } from "../../../src/model/vlm/backend.ts";
import { createOpenAiVlms, type OpenAiSpec } from "../../../src/model/vlm/openai.ts";
import { sizeSeen } from "../../../src/model/vlm/openai/seen.ts";
import { completion, type HostOptions, openAiHost, type Wanted } from "../../support/openai-host.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PLANNER = join(import.meta.dirname, "../../../demo/snowball/planner");
const CRITIC = join(import.meta.dirname, "../../../demo/snowball/critic");
const PICTURE = join(import.meta.dirname, "../../../configs/samples/images/00.png");
const SECRET = "sk-0123456789";
const POLICY = "b".repeat(64);
const SAMPLING: Sampling = {
  temperature: 0.7,
  top_p: 0.9,
  top_k: 0,
  min_p: 0,
  repetition_penalty: 1,
  max_new_tokens: 64,
};
const ASKED: Message[] = [
  {
    role: "user",
    content: [
      { type: "image", image: PICTURE },
      { type: "text", text: "Which is better?" },
    ],
  },
];

const hosts: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function hosted(options: Partial<HostOptions> = {}) {
  const host = await openAiHost({ models: [{ id: "planner", root: PLANNER }], ...options });
  hosts.push(host);
  return host;
}

type Change = Partial<Omit<OpenAiSpec, "server">> & { readonly server?: Partial<OpenAiSpec["server"]> };

function specOf(address: string, { server, ...change }: Change = {}): OpenAiSpec {
  return {
    serving: "a".repeat(64),
    model: PLANNER,
    adapter: null,
    min_pixels: 16_384,
    max_pixels: 16_384,
    ...change,
    server: {
      address,
      model: "planner",
      made: false,
      root: undefined,
      key: null,
      inFlight: 4,
      timeoutMs: 5000,
      patienceMs: 5000,
      needs: "text",
      ...server,
    },
  };
}

const quiet: CallOptions = { signal: new AbortController().signal, onProgress: () => {} };

function sample(spec: OpenAiSpec, count: number, options = quiet, messages = ASKED) {
  const seeds = Array.from({ length: count }, (_, place) => String(place));
  return createOpenAiVlms()(spec).sample([{ messages, seeds }], SAMPLING, options);
}

async function textsOf(spec: OpenAiSpec, count: number): Promise<string[]> {
  return (await sample(spec, count))[0]!.completions.map(({ text }) => text);
}

async function failureOf(work: Promise<unknown>): Promise<StepFailure> {
  return work.then(
    () => expect.fail("it did not fail"),
    (error: unknown) => error as StepFailure,
  );
}

describe("what is asked", () => {
  test("a request for every completion, with a seed of its own, every setting, and the pixels as they are", async () => {
    const host = await hosted();
    const progress: number[] = [];
    const [said] = await sample(specOf(host.address), 3, { ...quiet, onProgress: (done) => progress.push(done) });
    expect(new Set(said!.completions.map(({ text }) => text)).size).toBe(3);
    expect(progress).toEqual([1, 2, 3]);
    expect(new Set(host.seen.map(({ seed }) => seed)).size).toBe(3);
    expect(host.paths[0]).toBe("GET /v1/models");
    const [first] = host.seen;
    expect(first).toMatchObject({ model: "planner", temperature: 0.7, top_p: 0.9, top_k: -1, min_p: 0 });
    expect(first).toMatchObject({ repetition_penalty: 1, max_tokens: 64 });
    expect(await pixelsOf(first!)).toBe(await digestOf(sharp(PICTURE)));
    // The same again, whatever the order in which they come.
    expect(await textsOf(specOf(host.address), 3)).toEqual(said!.completions.map(({ text }) => text));
  });

  test("no more at once than the recipe says, over all steps of a worker", async () => {
    const host = await hosted({ latencyMs: 20 });
    const of = createOpenAiVlms();
    const seeds = Array.from({ length: 12 }, (_, place) => String(place));
    const ask = (): Promise<unknown> => of(specOf(host.address)).sample([{ messages: ASKED, seeds }], SAMPLING, quiet);
    await Promise.all([ask(), ask()]);
    expect(host.seen).toHaveLength(24);
    expect(host.under.most).toBe(4);
  });

  test("with the key of the environment, which is in no sentence", async () => {
    vi.stubEnv("SERVER_KEY", SECRET);
    const host = await hosted({ fault: () => ({ status: 401, body: `no: ${SECRET}` }) });
    const failure = await failureOf(sample(specOf(host.address, { server: { key: "SERVER_KEY" } }), 1));
    expect(failure.type).toBe("BadInput");
    expect(new Set(host.keys)).toEqual(new Set([`Bearer ${SECRET}`]));
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toContain(SECRET);
  });

  test("a text that spells out a control token is refused: a server would take it for one", async () => {
    const host = await hosted();
    const messages: Message[] = [{ role: "user", content: [{ type: "text", text: "See <|image_pad|>." }] }];
    const failure = await failureOf(sample(specOf(host.address), 1, quiet, messages));
    expect(failure.message).toContain("control token <|image_pad|>");
    expect(host.seen).toEqual([]);
  });
});

describe("what goes wrong", () => {
  test("429 with a time, 500, half an answer and a broken connection: asked again, and nothing is lost", async () => {
    const faults = [{ status: 429, headers: { "retry-after": "1" } }, { status: 500 }, "half", "broken"] as const;
    const clean = await hosted();
    const host = await hosted({ fault: (number) => faults[number] });
    const began = performance.now();
    expect(await textsOf(specOf(host.address), 6)).toEqual(await textsOf(specOf(clean.address), 6));
    expect(performance.now() - began).toBeGreaterThan(1000);
    expect(host.seen).toHaveLength(10);
  });

  test("a server that dies and comes back is waited for", async () => {
    const first = await hosted({ latencyMs: 50 });
    const asked = textsOf(specOf(first.address), 6);
    while (first.seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.close();
    const again = await hosted({ port: first.port });
    expect(await asked).toEqual(await textsOf(specOf(again.address), 6));
  });

  test("one that stays away is a failure of the machine's, which is tried again; so is one that is too slow", async () => {
    const gone = await failureOf(sample(specOf("http://127.0.0.1:9/v1", { server: { patienceMs: 300 } }), 1));
    expect(gone).toMatchObject({ type: "Infrastructure" });
    const slow = await hosted({ latencyMs: 500 });
    const server = { timeoutMs: 100, patienceMs: 0 };
    const late = await failureOf(sample(specOf(slow.address, { server }), 1));
    expect(late).toMatchObject({ type: "Infrastructure" });
    expect(late.message).toContain("did not answer in 0.1 s");
  });

  test("who asks for more time than there is gets it from Temporal", async () => {
    const host = await hosted({ fault: () => ({ status: 429, headers: { "retry-after": "60" } }) });
    const failure = await failureOf(sample(specOf(host.address), 1));
    expect(failure).toMatchObject({ type: "Infrastructure", retryAfterMs: 60_000 });
    expect(host.seen).toHaveLength(1);
  });

  test("what will not go better stops at once, with the rest", async () => {
    const host = await hosted({ latencyMs: 20, fault: (number) => (number === 0 ? { status: 400 } : undefined) });
    expect(await failureOf(sample(specOf(host.address), 40))).toMatchObject({ type: "BadInput" });
    expect(host.seen.length).toBeLessThan(10);
  });

  test("a cancelled step leaves no request behind", async () => {
    const host = await hosted({ latencyMs: 300 });
    const cancel = new AbortController();
    const asked = sample(specOf(host.address), 20, { ...quiet, signal: cancel.signal });
    while (host.under.way < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    cancel.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await vi.waitFor(() => expect(host.under).toMatchObject({ way: 0, gone: 4 }));
    expect(host.seen).toHaveLength(4);
  });
});

describe("who answers", () => {
  test.each<[string, Partial<HostOptions>, string]>([
    ["another name", { models: [{ id: "other" }] }, "serves other, and not planner"],
    ["another checkpoint", { models: [{ id: "planner", root: CRITIC }] }, "which is another checkpoint than"],
    ["one that is not here", { models: [{ id: "planner", root: "/far/away" }] }, "server.root: /far/away"],
    ["another in its answer", { fault: () => ({ change: { model: "other" } }) }, "answered for other where planner"],
    ["none any more", { fault: () => ({ status: 404 }) }, "does not serve planner any more"],
  ])("%s is refused in a sentence", async (_, options, sentence) => {
    const host = await hosted(options);
    const failure = await failureOf(sample(specOf(host.address), 1));
    expect(failure.type).toBe("WrongPolicy");
    expect(failure.message).toContain(sentence);
  });

  test("a copy of the checkpoint, or what the recipe says is one, is the one that is meant", async () => {
    const copy = join(temporaryFolder(), "planner");
    cpSync(PLANNER, copy, { recursive: true });
    const here = await hosted({ models: [{ id: "planner", root: copy }] });
    expect(await textsOf(specOf(here.address), 1)).toHaveLength(1);
    const far = await hosted({ models: [{ id: "planner", root: "/far/away" }] });
    expect(await textsOf(specOf(far.address, { server: { root: "/far/away" } }), 1)).toHaveLength(1);
  });

  test("an adapter is loaded under the policy's digest, once", async () => {
    const host = await hosted({ loads: true });
    const spec = specOf(host.address, { serving: POLICY, adapter: adapterIn(temporaryFolder()) });
    const base = await textsOf(specOf(host.address), 2);
    const [one, two] = await Promise.all([textsOf(spec, 2), textsOf(spec, 2)]);
    expect(one).toEqual(two);
    expect(one).not.toEqual(base);
    expect(new Set(host.seen.slice(2).map(({ model }) => model))).toEqual(new Set([POLICY]));
    await textsOf(spec, 1);
    expect(host.paths.filter((path) => path.includes("lora")).length).toBeLessThanOrEqual(2);
  });

  test("a server that loads none says how to start it", async () => {
    const host = await hosted();
    const spec = specOf(host.address, { serving: POLICY, adapter: adapterIn(temporaryFolder()) });
    const failure = await failureOf(sample(spec, 1));
    expect(failure.type).toBe("BadInput");
    expect(failure.message).toContain("VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 and --enable-lora --max-lora-rank 8");
  });

  test("a policy's digest on another base is refused", async () => {
    const host = await hosted({
      models: [
        { id: "planner", root: PLANNER },
        { id: POLICY, parent: "another" },
      ],
    });
    const spec = specOf(host.address, { serving: POLICY, adapter: adapterIn(temporaryFolder()) });
    expect((await failureOf(sample(spec, 1))).message).toContain("on another, and not on planner");
  });

  test("a checkpoint of the run's own is asked for by its digest", async () => {
    const host = await hosted();
    const failure = await failureOf(sample(specOf(host.address, { server: { model: "f".repeat(64), made: true } }), 1));
    expect(failure.message).toContain(`serve ${PLANNER} there under that name`);
  });
});

function saying(change: (wanted: Wanted) => object): Partial<HostOptions> {
  return { fault: (_, wanted) => ({ change: change(wanted) }) };
}

describe("what is read of an answer", () => {
  test("the end is told apart from what was said, and a cut from an end", async () => {
    const host = await hosted(saying((wanted) => completion(wanted, "abcd")));
    const [whole] = await sample(specOf(host.address, { server: { needs: "logprobs" } }), 1);
    expect(whole!.completions[0]).toMatchObject({ text: "abcd", finish: "stop", tokens: 2, mean_logprob: -1.5 / 8 });
    const short = await hosted(saying((wanted) => completion(wanted, "abcd", "length")));
    const [cut] = await sample(specOf(short.address, { server: { needs: "logprobs" } }), 1);
    expect(cut!.completions[0]).toMatchObject({ finish: "length", tokens: 2, mean_logprob: -1.5 / 8 });
  });

  test("nothing said: the end's own log-probability", async () => {
    const host = await hosted(saying((wanted) => completion(wanted, "")));
    const [said] = await sample(specOf(host.address, { server: { needs: "logprobs" } }), 1);
    expect(said!.completions[0]).toMatchObject({ text: "", tokens: 0, mean_logprob: -1 / 8 });
  });

  test.each<[string, (wanted: Wanted) => object, OpenAiSpec["server"]["needs"], string]>([
    ["no log-probabilities", (w) => without(completion(w, "a"), "logprobs"), "logprobs", "says no log-probabilities"],
    ["no token ids", (w) => completion(w, "a"), "ids", "does not say which tokens it read"],
    ["thoughts apart", (w) => thinking(completion(w, "a")), "text", "start it without a reasoning parser"],
    ["a filter's end", (w) => completion(w, "a", "content_filter"), "text", 'ended an answer as "content_filter"'],
    [
      "images in another size",
      (w) => ({ ...completion(w, "a"), prompt_token_ids: [5, 5] }),
      "text",
      "as 2 tokens where",
    ],
  ])("%s: refused in a sentence", async (_, change, needs, sentence) => {
    const host = await hosted(saying(change));
    const failure = await failureOf(sample(specOf(host.address, { server: { needs } }), 1));
    expect(failure.type).toBe("BadInput");
    expect(failure.message).toContain(sentence);
  });

  test("a given answer's probability is refused where the server does not say it", async () => {
    const host = await hosted();
    const vlm = createOpenAiVlms()(specOf(host.address, { server: { needs: "logprobs" } }));
    const failure = await failureOf(vlm.logprob([{ messages: ASKED, answer: "left" }], quiet));
    expect(failure.message).toContain("does not say how likely a given answer is");
  });
});

/** As transformers' own function says of these. */
test.each([
  [{ height: 480, width: 640 }, 28, { min_pixels: 200_704, max_pixels: 1_003_520 }, { height: 476, width: 644 }],
  [{ height: 100, width: 100 }, 28, { min_pixels: 200_704, max_pixels: 1_003_520 }, { height: 448, width: 448 }],
  [{ height: 3000, width: 4000 }, 28, { min_pixels: 200_704, max_pixels: 1_003_520 }, { height: 840, width: 1148 }],
  [{ height: 48, width: 80 }, 32, { min_pixels: 1, max_pixels: 1_000_000 }, { height: 64, width: 64 }],
])("%j in tokens of %i pixels", (size, side, limits, seen) => {
  expect(sizeSeen(size, side, limits)).toEqual(seen);
});

async function pixelsOf({ messages }: Wanted): Promise<string> {
  const [image] = messages[0]!.content as [{ image_url: { url: string } }];
  return digestOf(sharp(Buffer.from(image.image_url.url.split(",")[1]!, "base64")));
}

async function digestOf(image: Sharp): Promise<string> {
  return createHash("sha256")
    .update(await image.removeAlpha().raw().toBuffer())
    .digest("hex");
}

function without(answer: object, field: string): object {
  const { choices } = answer as { choices: [Record<string, unknown>] };
  const { [field]: _, ...rest } = choices[0];
  return { ...answer, choices: [rest] };
}

function thinking(answer: object): object {
  const { choices } = answer as { choices: [{ message: object }] };
  return { ...answer, choices: [{ ...choices[0], message: { ...choices[0].message, reasoning_content: "hm" } }] };
}

/** An adapter without tensors. */
function adapterIn(folder: string): string {
  writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ peft_type: "LORA", r: 8 }));
  const head = Buffer.from("{}");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  writeFileSync(join(folder, "adapter_model.safetensors"), Buffer.concat([length, head]));
  return folder;
}
