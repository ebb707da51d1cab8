/** What vLLM is started with, where it serves; none of it changes what is answered. */
export interface VllmLimits {
  /** Tokens of a prompt and its completion. */
  readonly max_model_len: number;
  /** Of the device's memory, for weights, keys and values together. */
  readonly memory_share: number;
  /** GiB for keys and values, in place of what the share leaves. */
  readonly cache_gib?: number | undefined;
  /** 0 where no adapter is ever served. */
  readonly max_lora_rank: number;
  /** Devices over which one engine divides the checkpoint. */
  readonly tensor_parallel_size: number;
}
