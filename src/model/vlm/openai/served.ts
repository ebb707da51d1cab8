import { realpath } from "node:fs/promises";
import { z } from "zod";
import { digestFolder } from "../../../artifact/digest.ts";
import { isMissing } from "../../../artifact/disk.ts";
import { StepFailure } from "../../../failure.ts";
import { adapterRank, adapterTensors } from "../../adapter.ts";
import { patiently } from "../../../service/patience.ts";
import { misread, refusedBy, requestJson, requestText, type Service } from "../../../service/request.ts";
import type { ServerSpec, VlmSpec } from "../../specs.ts";

const card = z.object({ id: z.string(), root: z.string().nullish(), parent: z.string().nullish() });
const listed = z.object({ data: z.array(card) });
type Card = z.output<typeof card>;

/** What of a model says which one is meant. */
export type Meant = Pick<VlmSpec, "serving" | "model" | "adapter"> & { readonly server: ServerSpec };

/**
 * Makes sure that the server answers for the model that is meant, and loads its adapter there where it must.
 * @returns what the model is called in requests and answers
 * @throws {StepFailure} WrongPolicy where it serves another one; BadInput where it can serve no adapters
 */
export async function nameServed(service: Service, meant: Meant, signal: AbortSignal): Promise<string> {
  const { server, serving, adapter } = meant;
  const asking = <T>(ask: () => Promise<T>): Promise<T> => patiently(server.patienceMs, signal, ask);
  const cards = (): Promise<Card[]> => asking(() => listModels(service, signal));
  const first = await cards();
  await checkBase(first, meant);
  if (adapter === null) return server.model;
  if (!(await isLoaded(first, meant))) {
    const refusal = await asking(() => load(service, serving, adapter, signal));
    // Another step may have loaded it meanwhile, and the server refuses to do it twice.
    if (refusal !== undefined && !(await isLoaded(await cards(), meant))) throw refusal;
  }
  return serving;
}

/** Looks once whether the server answers for the model that is meant. @throws as `nameServed` */
export async function checkServed(service: Service, meant: Meant, signal: AbortSignal): Promise<void> {
  await checkBase(await listModels(service, signal), meant);
}

async function listModels(service: Service, signal: AbortSignal): Promise<Card[]> {
  const said = await requestJson(service, { path: "models" }, signal);
  const read = listed.safeParse(said);
  if (!read.success) throw misread(service, "to GET models without a list of them", JSON.stringify(said));
  return read.data.data;
}

/** Is the checkpoint there that is meant, by its name and by what it was loaded from? */
async function checkBase(cards: readonly Card[], { server, model }: Meant): Promise<void> {
  const { address, model: name, root: said, made } = server;
  const found = cards.find(({ id }) => id === name);
  if (found === undefined) {
    // Adapters that were loaded there are many, and none of them is what is looked for.
    const bases = cards.filter(({ parent }) => parent === undefined || parent === null);
    const all = bases.map(({ id }) => id).join(", ") || "nothing";
    const start = made ? `; this policy is a checkpoint of its own: serve ${model} there under that name` : "";
    throw new StepFailure("WrongPolicy", `The server at ${address} serves ${all}, and not ${name}${start}.`);
  }
  const root = found.root ?? name;
  if (said !== undefined && root === said) return;
  const same = await sameFolder(root, model);
  // A server that repeats the name as the root says no more than that.
  if (same === true || (same === undefined && (made || (said === undefined && root === name)))) return;
  const told = `The server at ${address} loaded ${name} from ${root}, which is`;
  throw new StepFailure(
    "WrongPolicy",
    same === false
      ? `${told} another checkpoint than ${model}; serve this one there.`
      : `${told} not here to be compared with ${model}; where it is the same, the recipe says so: server.root: ${root}.`,
  );
}

/** Do both folders hold the same checkpoint? Undefined where the first is none of this host's. */
async function sameFolder(root: string, model: string): Promise<boolean | undefined> {
  try {
    if ((await realpath(root)) === (await realpath(model))) return true;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return (await digestFolder(root)) === (await digestFolder(model));
}

/** Is the policy's adapter there already, on the base that is meant? Its name is a digest, and so nobody else's. */
async function isLoaded(cards: readonly Card[], { server, serving }: Meant): Promise<boolean> {
  const found = cards.find(({ id }) => id === serving);
  if (found === undefined) return false;
  const { parent } = found;
  if (parent === undefined || parent === null || parent === server.model) return true;
  const told = `has ${serving.slice(0, 12)} on ${parent}, and not on ${server.model}`;
  throw new StepFailure("WrongPolicy", `The server at ${server.address} ${told}.`);
}

/** @returns why the server did not load it */
async function load(
  service: Service,
  serving: string,
  adapter: string,
  signal: AbortSignal,
): Promise<StepFailure | undefined> {
  await refuseLeftOut(adapter);
  const rank = await adapterRank(adapter);
  const body = { lora_name: serving, lora_path: adapter };
  try {
    await requestText(service, { path: "load_lora_adapter", body }, signal);
    return undefined;
  } catch (error) {
    if (refusedBy(error) === undefined) throw error;
    const needs = `vLLM does it when it was started with VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 and --enable-lora --max-lora-rank ${rank}, and sees that folder`;
    const told = `The adapter ${adapter} was not loaded: ${(error as StepFailure).message.replace(/\.$/, "")}`;
    return new StepFailure("BadInput", `${told}; ${needs}.`);
  }
}

/** What servers leave out of an adapter with no more than a warning: they adapt the language model alone. */
const LEFT_OUT = ".visual.";

async function refuseLeftOut(adapter: string): Promise<void> {
  const tensors = await adapterTensors(adapter);
  const seen = typeof tensors === "string" ? [] : tensors.filter(({ name }) => name.includes(LEFT_OUT));
  if (seen.length === 0) return;
  throw new StepFailure(
    "BadInput",
    `The adapter ${adapter} has ${seen.length} tensors on the vision tower, the first is ${seen[0]!.name}; servers adapt the language model alone. Use backend transformers, or a training.lora_target without the vision tower.`,
  );
}
