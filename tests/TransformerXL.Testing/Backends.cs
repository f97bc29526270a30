using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Testing;

/// <summary>A backend for every instruction set of this processor, made once for the tests of a class.</summary>
public sealed class Backends : IDisposable
{
    private readonly Dictionary<(Isa Isa, int Threads), CpuBackend> _backends = [];

    /// <summary>The instruction sets of this processor.</summary>
    public static IEnumerable<Isa> Isas => Enum.GetValues<Isa>().Where(CpuBackend.IsSupported);

    /// <summary>The backend with so many threads.</summary>
    public CpuBackend Get(Isa isa, int threads = 1)
    {
        if (!_backends.TryGetValue((isa, threads), out CpuBackend? backend))
        {
            _backends[(isa, threads)] = backend = new CpuBackend(isa, threads);
        }

        return backend;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CpuBackend backend in _backends.Values)
        {
            backend.Dispose();
        }
    }
}
