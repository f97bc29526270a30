using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors;

/// <summary>The time in which one thread uses a backend; <see cref="Dispose"/> ends it. It stays on the stack, so it cannot outlive an await.</summary>
public readonly ref struct BackendUse
{
    // Null if an outer use of the same thread holds the backend.
    private readonly Backend? _held;

    internal BackendUse(Backend? held) => _held = held;

    /// <summary>Lets other threads use the backend again, unless this use is nested in another one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => _held?.Leave();
}
