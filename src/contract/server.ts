/** A server of the user's own that answers, where the backend is openai; none of it changes what is answered. */
export interface ServerBlock {
  /** "http://host:8000/v1". */
  readonly address: string;
  /** What the server calls the model. */
  readonly model: string;
  /** What it says that the model was loaded from, where that is no folder of this host's. */
  readonly root?: string | undefined;
  /** An environment variable of the workers with its key. */
  readonly key?: string | undefined;
  /** Requests of one worker that are under way at once. */
  readonly in_flight?: number | undefined;
  /** Longest time to an answer, in s. */
  readonly timeout_s?: number | undefined;
  /** How long a request is asked again from where it first failed, in s. */
  readonly patience_s?: number | undefined;
}
