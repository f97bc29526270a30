using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Tiles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>What the tiles ask of Linux, most of which every x86-64 processor can try.</summary>
public sealed unsafe class TileSystemTests
{
    private static readonly bool IsLinux64 = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [SkippableFact]
    public void Emitted_code_can_be_placed_and_called()
    {
        Skip.IfNot(IsLinux64 && Avx.IsSupported);
        void* code = MachineCode.Place(TileCode.EmitEnabledState());
        Assert.True(code != null);
        ulong state = ((delegate* unmanaged<ulong>)code)();
        Assert.Equal(7UL, state & 7);
    }

    [SkippableFact]
    public void A_thread_with_the_larger_signal_stack_catches_null_references_and_ends()
    {
        Skip.IfNot(IsLinux64);
        int caught = 0;
        List<Exception> failures = [];
        for (int i = 0; i < 10; i++)
        {
            Thread thread = new(() =>
            {
                // What leaves a thread ends the process.
                Exception? failure = Record.Exception(() =>
                {
                    SignalStack.Require();
                    SignalStack.Require();
                    SignalStack.Description stack;
                    Assert.Equal(0, LinuxCalls.SignalAlternateStack(null, &stack));
                    Assert.True(stack is { Flags: 0, Bytes: >= 128 * 1024 });
                    caught += CatchesNullReference(null) ? 1 : 0;
                });
                failures.AddRange(failure is null ? [] : [failure]);
            });
            thread.Start();
            thread.Join();
        }

        Assert.Empty(failures);
        Assert.Equal(10, caught);
    }

    [Fact]
    public void A_process_has_tiles_only_where_the_widest_vectors_are()
    {
        Assert.True(!CpuBackend.HasBfloat16 || CpuBackend.IsSupported(Isa.Avx512));
        Assert.Equal(CpuBackend.HasBfloat16, CpuBackend.IsSupported(Isa.Avx512) && (TileUnit.OfThisProcess is not null || VectorBfloat16Unit.OfThisProcess is not null));
    }

    /// <summary>If this fails, it ends the process of the tests: it is run where the variable asks for it.</summary>
    [SkippableFact]
    public void Null_references_after_products_by_tiles_are_caught_on_all_threads()
    {
        Skip.If(TileUnit.OfThisProcess is null, "this processor has no tiles");
        Skip.IfNot(Environment.GetEnvironmentVariable("TXL_TILE_FAULTS") == "1", "TXL_TILE_FAULTS is not 1");
        using CpuBackend backend = new(Isa.Avx512, 2);
        using MatrixProductProblem problem = new(256, 256, 64) { Precision = Precision.Bfloat16 };
        for (int i = 0; i < 20; i++)
        {
            problem.Run(backend.Kernels);
            NullReferences body = default;
            Assert.Throws<NullReferenceException>(() => backend.Team.Run(16, ref body));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LengthOf(string? text) => text!.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool CatchesNullReference(string? text)
    {
        try
        {
            return LengthOf(text) < 0;
        }
        catch (NullReferenceException)
        {
            return true;
        }
    }

    private readonly struct NullReferences : TransformerXL.Tensors.Cpu.Parallel.IParallelBody
    {
        public void Invoke(int task, int worker) => _ = LengthOf(null);
    }
}
