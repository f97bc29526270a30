using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Mpi;

/// <summary>Messages between the processes, sent and received by one thread. Both sides number their exchanges alike, which gives the tags.</summary>
internal sealed partial class Messages(OpenMpi mpi, int rank, int size)
{
    private const int LargestTag = 32767;

    /// <summary>
    /// Bytes of one message. Open MPI sends a larger one over TCP only after its receiver has asked for it, and that request waits behind the
    /// data that the receiver is sending on the same connection: the two directions of a link then take turns instead of working at once.
    /// The limit is 64 KiB with the header.
    /// </summary>
    private const int MaxMessageBytes = 60 * 1024;
    private const int QuickTests = 20;
    private const uint MinPause = 20, MaxPause = 500;
    private readonly List<nint> _requests = [];
    private int _tag;
    private volatile int _abort = -1;

    public int Rank => rank;

    public int Size => size;

    /// <summary>The other ranks, each process beginning with the one after it, so that not all send to the same.</summary>
    public IReadOnlyList<int> Others { get; } = [.. Enumerable.Range(1, size - 1).Select(step => (rank + step) % size)];

    /// <summary>Begins the next exchange.</summary>
    public void Next() => _tag = (_tag + 1) % LargestTag;

    public void Send(nint bytes, long count, int to)
    {
        for (long start = 0; start < count; start += MaxMessageBytes)
        {
            _requests.Add(mpi.Send(bytes + (nint)start, (int)Math.Min(MaxMessageBytes, count - start), to, _tag));
        }
    }

    public void Receive(nint bytes, long count, int from)
    {
        for (long start = 0; start < count; start += MaxMessageBytes)
        {
            _requests.Add(mpi.Receive(bytes + (nint)start, (int)Math.Min(MaxMessageBytes, count - start), from, _tag));
        }
    }

    /// <summary>Lets <see cref="Wait"/>, of another thread, end all processes.</summary>
    public void Abort(int exitCode) => _abort = exitCode;

    public void EndIfAborted()
    {
        if (_abort >= 0)
        {
            mpi.Abort(_abort);
        }
    }

    /// <summary>Waits until all messages have been sent and received. The processor is left to the threads that compute.</summary>
    public void Wait()
    {
        uint pause = MinPause;
        for (int test = 0; !mpi.Test(CollectionsMarshal.AsSpan(_requests)); test++)
        {
            EndIfAborted();
            if (test >= QuickTests)
            {
                _ = Pause(pause);
                pause = Math.Min(MaxPause, pause + (pause / 4));
            }
        }

        _requests.Clear();
    }

    /// <summary>Sleeps for microseconds; the shortest sleep of the framework is a thousand.</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Pause(uint microseconds);
}
