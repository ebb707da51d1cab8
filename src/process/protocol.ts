import { z } from "zod";
import { FAILURES, type FailureType } from "../contract/failures.ts";
import { babbled } from "./ending.ts";

/** A runner may name only failures of the table; another word means the same as ChildError. */
const failureType = z.enum(Object.keys(FAILURES) as FailureType[]).catch("ChildError");
const metrics = z.record(z.string(), z.number());

/** A line of a job's stdout. */
export const jobEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("progress"), step: z.number(), total: z.number(), metrics }),
  z.object({ event: z.literal("checkpoint"), step: z.number(), folder: z.string() }),
  z.object({ event: z.literal("alive") }),
  z.object({ event: z.literal("done"), metrics }),
  z.object({ event: z.literal("error"), type: failureType, message: z.string() }),
]);

export type JobEvent = z.output<typeof jobEvent>;

/** What of it is told to whoever runs the job. "alive" only says that it works: a large checkpoint is being written. */
export type JobReport = Exclude<JobEvent, { event: "error" | "alive" }>;

/** A line of a model server's stdout. */
export const serverMessage = z.union([
  z.object({ id: z.number(), progress: z.tuple([z.number(), z.number()]) }),
  z.object({
    id: z.number(),
    ok: z.literal(true),
    serving: z.string(),
    result: z.unknown(),
    notes: z.record(z.string(), z.unknown()).default({}),
  }),
  z.object({ id: z.number(), ok: z.literal(false), error: z.object({ type: failureType, message: z.string() }) }),
]);

/** Parses a line of the child called `name`. Throws ChildCrashed for what is not of the protocol. */
export function parseLine<T>(schema: z.ZodType<T>, name: string, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw babbled(name, text, error);
  }
}
