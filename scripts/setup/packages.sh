# The npm packages, exactly as locked. The stamp lies in node_modules, so it goes when the packages go.

stamp=node_modules/.snowball-lock.json

if ! cmp -s package-lock.json "$stamp"; then
	command -v npm >/dev/null ||
		fail "npm is missing: install Node 18 or later with npm (https://nodejs.org), then run this again."
	# No package needs its install script: the native parts lie in the packages, and onnxruntime's would fetch CUDA.
	# Not `npm ci`: it demands every platform's optional binaries in the lock, and a registry that mirrors only some
	# platforms cannot give them. With a lock, `npm install --no-save` installs what is locked and leaves it as it is.
	# With NODE_ENV=production npm would leave out what the tests and checks need, and where npm_config_omit says so, the
	# native parts of the packages, which are optional ones of their own.
	logged packages npm install --no-save --include=dev --include=optional --include=peer --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error ||
		fail_with_log packages "The npm packages could not be installed."
	cp package-lock.json "$stamp"
	report packages "$(grep -c '"node_modules/' node_modules/.package-lock.json), $(seconds)"
fi
