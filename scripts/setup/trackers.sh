# trackio and wandb for the recipe block `track`, and TensorBoard to look at run folders.

own_environment trackers python/envs/trackers.lock trackio,wandb,tensorboard "trackio|wandb|tensorboard" "$SNOWBALL_NEEDS_TRACKERS" \
	"The trackers could not be installed."
