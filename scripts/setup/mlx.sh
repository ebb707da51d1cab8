# MLX and mlx-vlm for `snowball check --mlx`.

own_environment mlx python/envs/mlx.lock mlx_vlm mlx-vlm "$SNOWBALL_NEEDS_MLX" \
	"MLX could not be installed: it runs on Apple silicon, and on Linux for tests."
