# What a newcomer types. `make demo` and `make test` set up what they need; a second set-up takes a moment.
.PHONY: help demo demo-harp demo-pointer demo-reward demo-spatial test setup deepspeed llama-factory mlx trackers vllm bench bench-gpu format check lock pack

help:
	@echo "make demo    set up, then run five iterations of the snowball on the toy world"
	@echo "make demo-harp    set up, then teach a toy network to plan from a service's plans and from a reward of every step"
	@echo "make demo-pointer set up, then teach a toy selector which examples to show"
	@echo "make demo-reward  set up, then teach a toy reward model to think before it judges"
	@echo "make demo-spatial set up, then take a toy network through SFT, DPO and GRPO"
	@echo "make test    set up, then run every check and every test"
	@echo "make setup   fetch Node, packages, the Python environment and the Temporal server into this folder"
	@echo "make deepspeed  add DeepSpeed, for training.deepspeed (Linux)"
	@echo "make llama-factory  add LLaMA-Factory, for training.backend llama-factory"
	@echo "make mlx     add MLX, for snowball check --mlx"
	@echo "make trackers add trackio, wandb and TensorBoard, to see runs in"
	@echo "make vllm    add vLLM, for backend vllm (Linux)"
	@echo "make bench   set up, then measure what Temporal adds to a run"
	@echo "make bench-gpu  set up with vLLM, then measure what this host's GPU does with each role (ten minutes)"
	@echo "make format  write what is generated, and format everything"
	@echo "make check   types, lint, formatting, import rules, unused code"
	@echo "make lock    lock the Python requirements and the packages again"
	@echo "make pack    pack the client for programs of your own (docs/client.md)"

world = demo/snowball/data/questions.jsonl

demo: setup $(world)
	@bin/snowball run configs/snowball.demo.yaml
	@bin/snowball report demo

pool = demo/pointer/data/pool.jsonl

demo-pointer: setup $(pool)
	@bin/snowball run configs/pointer-selector.demo.yaml

$(pool): demo/world/numbered-rooms.ts | setup
	@$$(scripts/node-path.sh) demo/world/numbered-rooms.ts --out $(@D)

pairs = demo/reward/data/pairs.jsonl

demo-reward: setup $(pairs)
	@bin/snowball run configs/unified-reward.demo.yaml

$(pairs): demo/world/pairs.ts | setup
	@$$(scripts/node-path.sh) demo/world/pairs.ts --out $(@D)

# The last one that is written.
rooms = demo/harp/rooms/room-0599.json

planner = demo/harp/planner/tokenizer_config.json

# The service plans as long as the run lasts; it is asked faster than one outside may be.
demo-harp: setup $(rooms) $(planner)
	@SNOWBALL_API_RATE=200 $$(scripts/node-path.sh) demo/world/plan-service.ts --rooms $(dir $(rooms)) -- \
		bin/snowball run configs/harp.demo.yaml

$(planner): demo/train/make_plans.py | setup
	@.venv/bin/python demo/train/make_plans.py demo/snowball/evaluator $(@D)

$(rooms): demo/world/write-rooms.ts demo/world/rooms.ts | setup
	@$$(scripts/node-path.sh) demo/world/write-rooms.ts --out $(@D)

spatial = demo/spatial/data/cv-bench.jsonl

demo-spatial: setup $(spatial)
	@bin/snowball run configs/spatial.demo.yaml

$(spatial): demo/world/write-spatial.ts | setup
	@$$(scripts/node-path.sh) demo/world/write-spatial.ts --out $(@D)

# The toy world writes itself, the same bytes every time; the file of questions last.
$(world): $(wildcard demo/world/*.ts) | setup
	@$$(scripts/node-path.sh) demo/world/write.ts --out $(@D)

test:
	@SNOWBALL_NEEDS_SERVER=1 SNOWBALL_NEEDS_DEEPSPEED=wish SNOWBALL_NEEDS_TRACKERS=wish SNOWBALL_NEEDS_VLLM=wish scripts/setup.sh
	@scripts/test.sh

setup:
	@scripts/setup.sh

deepspeed:
	@SNOWBALL_NEEDS_DEEPSPEED=1 scripts/setup.sh

llama-factory:
	@SNOWBALL_NEEDS_LLAMA_FACTORY=1 scripts/setup.sh

mlx:
	@SNOWBALL_NEEDS_MLX=1 scripts/setup.sh

trackers:
	@SNOWBALL_NEEDS_TRACKERS=1 scripts/setup.sh

vllm:
	@SNOWBALL_NEEDS_VLLM=1 scripts/setup.sh

bench: setup
	@scripts/bench.sh

bench-gpu:
	@SNOWBALL_NEEDS_VLLM=1 scripts/setup.sh
	@$$(scripts/node-path.sh) bench/gpu.ts

format: setup
	@scripts/format.sh

check: setup
	@scripts/check.sh

lock: setup
	@scripts/lock.sh

pack: setup
	@scripts/pack.sh
