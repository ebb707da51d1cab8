import { asStepFailure, StepFailure } from "../failure.ts";
import { inSpan } from "../tracing/span.ts";
import { type Child, type ChildSpec, startChild } from "./child.ts";
import { babbled, crashed, type Ending, fellSilent } from "./ending.ts";
import { parseLine, serverMessage } from "./protocol.ts";
import { type SilenceWatch, watchSilence } from "./silence.ts";
import { Places } from "./places.ts";

export interface ServerSpec extends ChildSpec {
  /** The first request, sent by `start`, and the longest silence while it is answered, in ms. */
  readonly load?: { readonly body: Readonly<Record<string, unknown>>; readonly silenceMs: number };
}

export interface RequestOptions {
  /** Aborting a request under way ends the server: its device must be free at once. */
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** The longest the server may say nothing while it works on this request, in ms. */
  readonly silenceMs: number;
}

export interface Answer {
  readonly result: unknown;
  /** Digest of what the server serves; the caller compares it with what was asked for. */
  readonly serving: string;
  readonly notes: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly id: number;
  readonly silence: SilenceWatch;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (why: Error) => void;
}

/**
 * A child that loads a model once and answers JSON Lines requests until its stdin closes.
 *
 * Requests are answered one after the other, first come first served: a silence limit then means this request, and an
 * abort ends no work but its own.
 */
export class ModelServer {
  readonly #child: Child;
  readonly #name: string;
  readonly #place = new Places(1);
  #nextId = 0;
  #asked: Asked | undefined;
  /** Why we ended it ourselves, if we did. */
  #failure: StepFailure | undefined;
  /** Its last line was heard and its tree is dead: an answer given in its last moment still counted. */
  readonly #gone: Promise<Ending>;

  private constructor(child: Child, name: string) {
    this.#child = child;
    this.#name = name;
    this.#gone = this.#listen();
  }

  /** Starts the program and sends its `load` request, if it has one. Throws what `request` throws, its tree dead. */
  static async start(spec: ServerSpec, signal: AbortSignal): Promise<ModelServer> {
    signal.throwIfAborted();
    const server = new ModelServer(await startChild(spec), spec.name);
    try {
      if (spec.load) await server.request("load", spec.load.body, { signal, silenceMs: spec.load.silenceMs });
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  get alive(): boolean {
    return this.#child.alive;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Asks and waits for the answer. Throws the failure that the server names (it lives on), ChildCrashed, ChildSilent or
   * the signal's reason (its tree is dead by then; unless the request was still waiting for its turn).
   */
  async request(op: string, body: Readonly<Record<string, unknown>>, options: RequestOptions): Promise<Answer> {
    return this.#place.in(options.signal, () =>
      inSpan(`runner ${this.#name} · ${op}`, {}, (traceparent) =>
        this.#ask(op, traceparent === undefined ? body : { ...body, traceparent }, options),
      ),
    );
  }

  /** Closes stdin, waits for the grace time, kills what is left. */
  async close(): Promise<void> {
    this.#failure ??= new StepFailure("Infrastructure", `The ${this.#name} was closed.`);
    await this.#child.leave();
  }

  async #ask(op: string, body: Readonly<Record<string, unknown>>, options: RequestOptions): Promise<Answer> {
    const { signal, silenceMs } = options;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const id = this.#nextId++;
    const silence = watchSilence(silenceMs, () => this.#fail(fellSilent(this.#name, silenceMs, `during "${op}"`)));
    const stop = (): void => this.#fail(new StepFailure("Infrastructure", `"${op}" was cancelled.`));
    signal.addEventListener("abort", stop);
    this.#asked = { id, silence, onProgress: options.onProgress, resolve, reject };
    void this.#gone.then((ending) => reject(this.#failure ?? crashed(this.#name, ending, `during "${op}"`)));
    try {
      this.#child.write(`${JSON.stringify({ ...body, op, id })}\n`);
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      silence.stop();
      signal.removeEventListener("abort", stop);
      this.#asked = undefined;
    }
  }

  async #listen(): Promise<Ending> {
    for await (const line of this.#child.lines) {
      // Torn: it died while it wrote. After a failure the pipe is only emptied.
      if (line.torn || this.#failure) continue;
      try {
        this.#hear(line.text);
      } catch (error) {
        this.#fail(asStepFailure(error, "Infrastructure"));
      }
    }
    return this.#child.ended;
  }

  #hear(text: string): void {
    const message = parseLine(serverMessage, this.#name, text);
    const asked = this.#asked;
    if (asked?.id !== message.id) throw babbled(this.#name, text);
    asked.silence.heard();
    if ("progress" in message) asked.onProgress?.(...message.progress);
    else if (message.ok) asked.resolve({ result: message.result, serving: message.serving, notes: message.notes });
    else asked.reject(new StepFailure(message.error.type, message.error.message));
  }

  #fail(why: StepFailure): void {
    this.#failure ??= why;
    void this.#child.stop();
  }
}
