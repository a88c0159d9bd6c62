"""Where the packaged program begins."""

from studio.__main__ import main

raise SystemExit(main())
