"""What speaks to Azure, with a folder in its place: all but Azure's own library is the real thing."""

import sys

from pyarrow import fs

from ecgstream.storage.azure.process import alone, serve

if __name__ == "__main__":
    serve(fs.SubTreeFileSystem(sys.argv[1], fs.LocalFileSystem()), alone())
