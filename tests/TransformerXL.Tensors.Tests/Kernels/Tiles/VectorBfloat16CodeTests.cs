using Iced.Intel;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The generated code for AVX512_BF16: what it consists of, and that the processor computes what the interpreter does.</summary>
public sealed class VectorBfloat16CodeTests
{
    /// <summary>EVEX.512.F3.0F38.W0 52 /r, written down by hand from Intel's manual: the assembler and the disassembler are of one hand.</summary>
    [Fact]
    public void The_instruction_is_encoded_as_in_the_manual()
    {
        byte[] code = VectorBfloat16Code.EmitMultiply();
        Instruction first = Decode(code).First(i => i.Mnemonic == Mnemonic.Vdpbf16ps);
        Assert.Equal((Register.ZMM0, Register.ZMM24, Register.ZMM22), (first.Op0Register, first.Op1Register, first.Op2Register));
        Assert.Equal((byte[])[0x62, 0xB2, 0x3E, 0x40, 0x52, 0xC6], code[(int)first.IP..(int)first.NextIP]);
    }

    [Fact]
    public void Every_word_of_a_strip_is_multiplied_by_both_vectors_once()
    {
        Instruction[] code = [.. Decode(VectorBfloat16Code.EmitMultiply())];
        Assert.Equal(2 * 32 * 16, code.Count(i => i.Mnemonic == Mnemonic.Vdpbf16ps));
        IEnumerable<ulong> words = code.Where(i => i.Mnemonic == Mnemonic.Vpbroadcastd).Select(i => i.MemoryDisplacement64).Order();
        Assert.Equal(Enumerable.Range(0, 32 * 16).Select(word => 4 * (ulong)word), words);
    }

    [Fact]
    public void The_peak_counts_down_to_its_end() => new InterpretedTiles(isVector: true).Peak(3);

    /// <summary>Random values, denormals, infinities and signed zeros; the order of the two additions and their roundings show in the last bits.</summary>
    [SkippableFact]
    public void The_processor_gives_the_bits_of_the_interpreter()
    {
        Skip.If(VectorBfloat16Unit.OfThisProcess is null, "this processor has no AVX512_BF16");
        using CpuBackend real = new(Isa.Avx512, 1, VectorBfloat16Unit.OfThisProcess!), interpreted = new(Isa.Avx512, 1, new InterpretedTiles(isVector: true));
        foreach ((int rows, int columns, int depth) in new[] { (33, 34, 1), (32, 64, 65), (70, 40, 1100) })
        {
            using MatrixProductProblem problem = new(rows, columns, depth) { Precision = Precision.Bfloat16, Accumulate = true };
            problem.Run(real.Kernels);
            float[] expected = problem.Result.Span.ToArray();
            problem.Run(interpreted.Kernels);
            Assert.True(Bits.Equal(expected, problem.Result.Span), $"{rows} x {columns} x {depth}");
        }
    }

    private static IEnumerable<Instruction> Decode(byte[] code)
    {
        Decoder decoder = Decoder.Create(64, code, ip: 0);
        while (decoder.IP < (ulong)code.Length)
        {
            yield return decoder.Decode();
        }
    }
}
