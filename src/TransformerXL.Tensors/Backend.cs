using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Tensors;

/// <summary>
/// Computes the operations of a tape. Its methods take tensors, whose sizes the operations have checked.
/// <see cref="CpuBackend"/> is the implementation for use; tests compare it with a simple one that computes one number at a time.
/// </summary>
/// <remarks>
/// One thread at a time may use a backend, because operations share its working memory. Every call that computes checks this: a
/// second thread gets an <see cref="InvalidOperationException"/>, and nothing is changed. Calls from different threads
/// one after the other are allowed.
/// </remarks>
public abstract partial class Backend
{
    private const int Retired = -1;

    // The managed id of the thread that computes; 0 for none, or Retired.
    private int _user;

    private protected Backend()
    {
    }

    /// <summary>The name of the implementation, such as <c>Avx512</c>. Two backends with the same name give the same bits for products in float32.</summary>
    public abstract string Name { get; }

    /// <summary>The number of compute threads.</summary>
    public abstract int Threads { get; }

    /// <summary>Whether the calling thread uses the backend.</summary>
    private protected bool IsHeld => _user == Environment.CurrentManagedThreadId;

    /// <summary>
    /// Reserves the backend for the calling thread until the result is disposed. Every operation does this for itself; a caller
    /// calls it to make several calls atomic. Uses by one thread may be nested.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another thread uses the backend.</exception>
    /// <exception cref="ObjectDisposedException">The backend was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BackendUse Enter()
    {
        // No other thread ever writes this thread's id, so the plain read cannot be wrong about it.
        int thread = Environment.CurrentManagedThreadId;
        return _user == thread ? default : Hold(thread);
    }

    /// <summary>Makes sure that no other thread uses the backend, for calls that touch none of its memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void RequireFree()
    {
        int user = _user;
        if (user != 0 && user != Environment.CurrentManagedThreadId)
        {
            ThrowInUse();
        }
    }

    internal void Leave() => Volatile.Write(ref _user, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private BackendUse Hold(int thread)
    {
        if (Interlocked.CompareExchange(ref _user, thread, 0) != 0)
        {
            ThrowInUse();
        }

        return new BackendUse(this);
    }

    /// <summary>Refuses every later call, unless a call is in progress.</summary>
    private protected void Retire() => Interlocked.CompareExchange(ref _user, Retired, 0);

    [DoesNotReturn]
    private void ThrowInUse() => throw (_user == Retired ? new ObjectDisposedException(GetType().FullName) : new InvalidOperationException(
        "this backend is in use by another thread: one backend serves one thread at a time. Create a CpuBackend for each thread "
        + "(a session continues on another one by Fork(backend)), or begin this call when the other has returned"));
}
