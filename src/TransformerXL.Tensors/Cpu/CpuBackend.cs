using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Parallel;
using TransformerXL.Tensors.Cpu.Simd;
using TransformerXL.Tensors.Cpu.Tiles;

namespace TransformerXL.Tensors.Cpu;

/// <summary>
/// Computes on the processor, with an instruction set and a team of threads. Several backends can live in one process and be
/// compared. Results depend neither on the number of threads nor, in float32 and in products of 8 bits, on the instruction set; in bfloat16, also of keys and values, they depend on
/// <see cref="Bfloat16Unit"/>.
/// </summary>
public sealed unsafe partial class CpuBackend : Backend, IDisposable
{
    private readonly NativeBuffer?[] _workerScratch;
    private readonly ITiles? _givenTiles;
    private readonly IInt8Unit? _givenInt8Tiles;
    private readonly bool _isGivenTiles;
    private NativeBuffer? _sharedScratch, _widened;

    /// <summary>Creates a backend.</summary>
    /// <param name="isa">The instruction set; the best that the processor has if null.</param>
    /// <param name="threads">Threads that compute, the caller included; all processors that the process may use if null.</param>
    /// <exception cref="PlatformNotSupportedException">The processor, or the runtime's settings, lack the instruction set.</exception>
    public CpuBackend(Isa? isa = null, int? threads = null)
    {
        Isa = isa ?? Best;
        if (!IsSupported(Isa))
        {
            throw new PlatformNotSupportedException($"this processor does not offer {Isa}; the best it offers is {Best}");
        }

        Name = Isa.ToString();
        Team = new ThreadTeam(threads ?? Environment.ProcessorCount);
        _workerScratch = new NativeBuffer?[Team.Threads];
        Kernels = Isa switch
        {
            Isa.Avx512 => Create<Simd512, Vector512<float>, MicroKernel12x2<Simd512, Vector512<float>>>(this),
            Isa.Avx2 => Pairs<Simd256, Vector256<float>, MicroKernel6x2<Simd256, Vector256<float>>>(this),
            Isa.Vector128 => Quads<Simd128, Vector128<float>, MicroKernel6x2<Simd128, Vector128<float>>>(this),
            _ => Sixteens<Simd1, float, MicroKernel6x2<Simd1, float>>(this),
        };
    }

    /// <summary>A backend with given units, regardless of its instruction set; if null, bfloat16 is multiplied as float32 and 8 bits by the vectors of the instruction set.</summary>
    internal CpuBackend(Isa isa, int threads, ITiles? tiles, IInt8Unit? int8Tiles = null)
        : this(isa, threads) => (_givenTiles, _givenInt8Tiles, _isGivenTiles) = (tiles, int8Tiles, true);

    /// <summary>The best instruction set of this processor.</summary>
    public static Isa Best => Enum.GetValues<Isa>().Where(IsSupported).Max();

    /// <summary>
    /// Whether this processor multiplies bfloat16 faster than float32, by a matrix unit (Intel AMX) or by vector instructions
    /// (AVX512_BF16), and the system lets this process use them. With AMX, asking once makes every thread that multiplies by it put a
    /// larger signal stack.
    /// </summary>
    public static bool HasBfloat16 => IsSupported(Isa.Avx512) && FindTiles() is not null;

    /// <summary>The instruction set in use.</summary>
    public Isa Isa { get; }

    /// <summary>The name of the instruction set.</summary>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Threads => Team.Threads;

    /// <summary>
    /// The unit that multiplies in <see cref="Precision.Bfloat16"/>: <c>amx</c> or <c>avx512-bf16</c>; null if the rounded values are
    /// multiplied as float32. The bits of results depend on it.
    /// </summary>
    public string? Bfloat16Unit => Tiles?.Name;

    /// <summary>
    /// The unit that multiplies in <see cref="Precision.Int8"/>: <c>avx512-vnni</c>; null if the vectors of the instruction set do. The bits of
    /// results do not depend on it.
    /// </summary>
    public string? Int8Unit => Int8Tiles?.Name;

    /// <summary>Whether products in <see cref="Precision.Bfloat16"/> are faster than those in float32.</summary>
    public bool UsesBfloat16 => Tiles is not null;

    internal ThreadTeam Team { get; }

    /// <summary>Detected when the first product needs it.</summary>
    internal ITiles? Tiles => _isGivenTiles ? _givenTiles : Isa == Isa.Avx512 ? FindTiles() : null;

    /// <summary>Detected when the first product needs it.</summary>
    internal IInt8Unit? Int8Tiles => _isGivenTiles ? _givenInt8Tiles : Isa == Isa.Avx512 ? VectorInt8Unit.OfThisProcess : null;

    internal KernelSet Kernels { get; }

    /// <summary>The faster unit first.</summary>
    private static ITiles? FindTiles() => (ITiles?)TileUnit.OfThisProcess ?? VectorBfloat16Unit.OfThisProcess;

    /// <summary>Whether the processor and the runtime's settings offer an instruction set.</summary>
    public static bool IsSupported(Isa isa) => isa switch
    {
        Isa.Avx512 => Vector512.IsHardwareAccelerated && Avx512F.IsSupported,
        Isa.Avx2 => Vector256.IsHardwareAccelerated && Fma.IsSupported,
        Isa.Vector128 => Vector128.IsHardwareAccelerated,
        Isa.Scalar => true,
        _ => false,
    };

    /// <summary>Ends the threads. The finalizer of a backend that is not disposed ends them too.</summary>
    public void Dispose()
    {
        Retire();
        Team.Dispose();
    }

    /// <summary>Makes sure that every worker has at least this many floats of scratch memory.</summary>
    internal void ReserveWorkerScratch(long floats)
    {
        RequireHeld();
        for (int worker = 0; worker < _workerScratch.Length; worker++)
        {
            Reserve(ref _workerScratch[worker], floats);
        }
    }

    /// <summary>The scratch memory of one worker, as large as last reserved.</summary>
    internal float* WorkerScratch(int worker) => (float*)_workerScratch[worker]!.Pointer;

    /// <summary>Scratch memory that all workers share; it is overwritten by the next kernel that asks.</summary>
    internal float* SharedScratch(long floats)
    {
        RequireHeld();
        Reserve(ref _sharedScratch, floats);
        return (float*)_sharedScratch!.Pointer;
    }

    /// <summary>Replaces scratch memory that is too small. The old one goes first, as nothing reads it any more.</summary>
    private static void Reserve(ref NativeBuffer? scratch, long floats)
    {
        if ((scratch?.Bytes ?? -1) < floats * sizeof(float))
        {
            scratch?.Free();
            scratch = null;
            scratch = new NativeBuffer(floats * sizeof(float));
        }
    }

    /// <summary>Kernels that compute 16 floats in two vectors, so that all instruction sets sum in the same order.</summary>
    private static KernelSet Pairs<TSimd, TVector, TMicro>(CpuBackend backend)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TMicro : struct, IMicroKernel => Create<SimdPair<TSimd, TVector>, VectorPair<TVector>, TMicro>(backend);

    private static KernelSet Quads<TSimd, TVector, TMicro>(CpuBackend backend)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TMicro : struct, IMicroKernel => Pairs<SimdPair<TSimd, TVector>, VectorPair<TVector>, TMicro>(backend);

    private static KernelSet Sixteens<TSimd, TVector, TMicro>(CpuBackend backend)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TMicro : struct, IMicroKernel => Quads<SimdPair<SimdPair<TSimd, TVector>, VectorPair<TVector>>, VectorPair<VectorPair<TVector>>, TMicro>(backend);

    private static KernelSet Create<TSimd, TVector, TMicro>(CpuBackend backend)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
        where TMicro : struct, IMicroKernel
    {
        KernelSet kernels = new VectorKernelSet<TSimd, TVector, TMicro>(backend);
        return kernels;
    }

    private void RequireHeld()
    {
        if (!IsHeld)
        {
            throw new InvalidOperationException($"working memory of a backend was requested outside of {nameof(Enter)}");
        }
    }
}
