import { z } from "zod";
import type { ServerBlock } from "../../contract/server.ts";
import type { Problem } from "../problems.ts";
import { keyVariable } from "./fields.ts";

/** What one server batches well: more only wait there. */
const IN_FLIGHT = 32;
/** Seconds: thousands of tokens of a busy server. Node's client waits no longer. */
const MOST_TIMEOUT_S = 300;
/** Seconds: a server that was started again has loaded a checkpoint by then. */
const PATIENCE_S = 300;

const block = z
  .strictObject({
    address: z
      .url({ protocol: /^https?$/, error: "an http address is needed, such as http://host:8000/v1" })
      .refine((address) => !hasSecret(address), "a user or a password has no place in it; `key` names a variable")
      .describe("Where it speaks the protocol of OpenAI's chat completions: http://host:8000/v1"),
    model: z.string().min(1).describe("Its name there; every answer must carry it"),
    root: z
      .string()
      .min(1)
      .optional()
      .describe("What the server says that it loaded, where that is no folder of the workers'"),
    key: keyVariable
      .optional()
      .describe("The environment variable with its key, or with _FILE behind it the name of a file"),
    in_flight: z
      .int()
      .min(1)
      .max(1024)
      .default(IN_FLIGHT)
      .describe("Requests of a worker that are under way at once, whichever steps they are of"),
    timeout_s: z.number().gt(0).max(MOST_TIMEOUT_S).default(MOST_TIMEOUT_S).describe("Longest time to an answer"),
    patience_s: z
      .number()
      .min(0)
      .default(PATIENCE_S)
      .describe("A request that fails is asked again for so long; then the step fails, and is tried again"),
  })
  .describe("Who answers, where backend is openai");

/** For a block of a recipe that says who serves. */
export const server = block.optional();

/** The parsed block. */
export type Server = z.output<typeof block>;

/** A block of a recipe that says who serves. */
export interface ServedBlock {
  readonly backend: string;
  readonly server?: ServerBlock | undefined;
}

/** The server of this block of a recipe, defaults and all; null where something else serves. */
export function serverOf({ backend, server: given }: ServedBlock): Server | null {
  return backend === "openai" ? block.parse(given) : null;
}

/**
 * What of a block does not go with a server of the user's own.
 * @param name the block's: "planner"
 * @param who the block that names the backend, where that is another one
 */
export function serverProblems({ backend, server: given }: ServedBlock, name: string, who = name): Problem[] {
  const path = [name, "server"];
  if (backend === "openai" && given === undefined) {
    return [{ path, message: `${name}.server is missing; with backend openai its address and model are needed.` }];
  }
  if (backend === "openai" || given === undefined) return [];
  const message = `${name}.server is given, but ${who}.backend is ${backend}; backend openai is needed, or it has to go.`;
  return [{ path, message }];
}

function hasSecret(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username !== "" || password !== "";
}
