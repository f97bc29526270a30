using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Mpi;

/// <summary>
/// The functions of Open MPI's C interface (MPI 3.1) that are used, found in the system's library at run time. Handles are addresses of objects of the
/// library, so other MPI libraries, whose handles are numbers, are rejected.
/// </summary>
internal sealed unsafe class OpenMpi
{
    private static readonly string[] Names = ["libmpi.so.40", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"];

    private const int StatusBytes = 24;
    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int> _initThread;
    private readonly delegate* unmanaged[Cdecl]<int> _finalize;
    private readonly delegate* unmanaged[Cdecl]<nint, int*, int> _rank, _size;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int> _abort;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int> _send, _receive;
    private readonly delegate* unmanaged[Cdecl]<int, nint*, int*, void*, int> _testAll;
    private readonly nint _world, _bytes;

    private OpenMpi(nint library)
    {
        _library = library;
        _world = Export("ompi_mpi_comm_world");
        _bytes = Export("ompi_mpi_byte");
        _initThread = (delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread");
        _finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        _rank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank");
        _size = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size");
        _abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
        _send = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        _receive = (delegate* unmanaged[Cdecl]<void*, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        _testAll = (delegate* unmanaged[Cdecl]<int, nint*, int*, void*, int>)Export("MPI_Testall");
    }

    /// <summary>Finds the library.</summary>
    /// <exception cref="MpiException">There is none, or it is not Open MPI.</exception>
    public static OpenMpi Load()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return new OpenMpi(library);
            }
        }

        throw new MpiException($"Open MPI is not installed: none of {string.Join(", ", Names)} was found (Debian: apt-get install openmpi-bin)");
    }

    /// <summary>Starts MPI. Only the calling thread makes calls afterwards (MPI_THREAD_FUNNELED).</summary>
    public (int Rank, int Size) Start()
    {
        const int Funneled = 1;
        int provided, rank, size;
        Check(_initThread(null, null, Funneled, &provided), "MPI_Init_thread");
        Check(_rank(_world, &rank), "MPI_Comm_rank");
        Check(_size(_world, &size), "MPI_Comm_size");
        return provided >= Funneled ? (rank, size) : throw new MpiException("this build of Open MPI does not support threads");
    }

    public void End() => Check(_finalize(), "MPI_Finalize");

    /// <summary>Ends all processes.</summary>
    public void Abort(int exitCode) => _ = _abort(_world, exitCode);

    /// <summary>Begins to send bytes. They stay where they are until <see cref="Test"/> says that the request is complete.</summary>
    public nint Send(nint bytes, int count, int rank, int tag)
    {
        nint request;
        Check(_send((void*)bytes, count, _bytes, rank, tag, _world, &request), "MPI_Isend");
        return request;
    }

    /// <summary>Begins to receive bytes.</summary>
    public nint Receive(nint bytes, int count, int rank, int tag)
    {
        nint request;
        Check(_receive((void*)bytes, count, _bytes, rank, tag, _world, &request), "MPI_Irecv");
        return request;
    }

    /// <summary>Whether all requests are complete. MPI makes progress in this call.</summary>
    public bool Test(Span<nint> requests)
    {
        byte* statuses = stackalloc byte[StatusBytes * requests.Length];
        int done;
        fixed (nint* first = requests)
        {
            Check(_testAll(requests.Length, first, &done, statuses), "MPI_Testall");
        }

        return done != 0;
    }

    private static void Check(int error, string function)
    {
        if (error != 0)
        {
            throw new MpiException($"{function} failed with error {error}");
        }
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(_library, name, out nint address)
        ? address
        : throw new MpiException($"the system's MPI library has no '{name}'; Open MPI is needed");
}
