error("no key") -- @toplevel
