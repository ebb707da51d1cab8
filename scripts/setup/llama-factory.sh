# LLaMA-Factory for training.backend llama-factory.

own_environment llama-factory python/envs/llama-factory.lock llamafactory llamafactory "$SNOWBALL_NEEDS_LLAMA_FACTORY" \
	"LLaMA-Factory could not be installed; it needs Python 3.11 or newer."
