throw new Error("no key"); // @toplevel
