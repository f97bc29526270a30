using Iced.Intel;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>The generated code for AVX512_BF16 and AVX512_VNNI: what it consists of, and that the processor computes what the interpreter does.</summary>
public sealed class VectorProductCodeTests
{
    private const string OneRow = """
        mov rdx,[rdi+28h]
        mov r9,[rdi+38h]
        mov r10,[rdi+10h]
        mov r11,[rdi+8]
        vpxord zmm0,zmm0,zmm0
        ...
        vpxord zmm15,zmm15,zmm15
        mov rax,[rdi]
        mov rsi,r11
        mov r8,[rdi+40h]
        prefetcht0 [rsi+2000h]
        prefetcht0 [rsi+2400h]
        vpbroadcastd zmm24,[rax]
        vpdpbusd zmm0,zmm24,[rsi]
        vpdpbusd zmm1,zmm24,[rsi+400h]
        prefetcht0 [rsi+2040h]
        prefetcht0 [rsi+2440h]
        vpbroadcastd zmm25,[rax+4]
        vpdpbusd zmm2,zmm25,[rsi+40h]
        vpdpbusd zmm3,zmm25,[rsi+440h]
        ...
        """;

    /// <summary>
    /// EVEX.512.F3.0F38.W0 52 /r and EVEX.512.66.0F38.W0 50 /r, written down by hand from Intel's manual: the assembler and the disassembler are
    /// of one hand.
    /// </summary>
    [Theory]
    [InlineData(0, Mnemonic.Vdpbf16ps, new byte[] { 0x62, 0xB2, 0x3E, 0x40, 0x52, 0xC6 })]
    [InlineData(1, Mnemonic.Vpdpbusd, new byte[] { 0x62, 0xB2, 0x3D, 0x40, 0x50, 0xC6 })]
    public void The_instruction_is_encoded_as_in_the_manual(int product, Mnemonic mnemonic, byte[] encoding)
    {
        byte[] code = VectorProductCode.EmitMultiply((VectorProduct)product);
        Instruction first = Decode(code).First(i => i.Mnemonic == mnemonic);
        Assert.Equal((Register.ZMM0, Register.ZMM24, Register.ZMM22), (first.Op0Register, first.Op1Register, first.Op2Register));
        Assert.Equal(encoding, code[(int)first.IP..(int)first.NextIP]);
    }

    [Fact]
    public void The_product_of_one_row_begins_with_these_instructions()
    {
        string[] listing = [.. Decode(VectorProductCode.EmitMultiplyFew(1)).Take(33).Select(Text)];
        string[] expected = OneRow.Split('\n'), shown = [.. listing[..5], "...", .. listing[19..]];
        Assert.Equal(expected[..^1], shown[..(expected.Length - 1)]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Every_word_of_few_rows_is_multiplied_by_both_vectors_once_and_all_sums_are_stored(int rows)
    {
        Instruction[] code = [.. Decode(VectorProductCode.EmitMultiplyFew(rows))];
        Assert.Equal(2 * rows * 16, code.Count(i => i.Mnemonic == Mnemonic.Vpdpbusd));
        IEnumerable<ulong> words = code.Where(i => i.Mnemonic == Mnemonic.Vpbroadcastd).Select(i => i.MemoryDisplacement64).Order();
        Assert.Equal(Enumerable.Range(0, rows * 16).Select(word => 4 * (ulong)word), words);
        int cleared = code.Count(i => i.Mnemonic == Mnemonic.Vpxord), added = code.Count(i => i.Mnemonic == Mnemonic.Vpaddd);
        Assert.Equal(2 * rows, code.Count(i => i.Mnemonic == Mnemonic.Vmovups && i.Op0Kind == OpKind.Memory));
        Assert.Equal(2 * rows, cleared - added);
    }

    [Fact]
    public void Every_word_of_a_strip_is_multiplied_by_both_vectors_once()
    {
        Instruction[] code = [.. Decode(VectorProductCode.EmitMultiply(VectorProduct.Bfloat16))];
        Assert.Equal(2 * 32 * 16, code.Count(i => i.Mnemonic == Mnemonic.Vdpbf16ps));
        IEnumerable<ulong> words = code.Where(i => i.Mnemonic == Mnemonic.Vpbroadcastd).Select(i => i.MemoryDisplacement64).Order();
        Assert.Equal(Enumerable.Range(0, 32 * 16).Select(word => 4 * (ulong)word), words);
    }

    [Fact]
    public void The_peak_counts_down_to_its_end()
    {
        new InterpretedTiles(isVector: true).Peak(3);
        new InterpretedInt8().Peak(3);
        Assert.Equal(2 * new InterpretedTiles(isVector: true).PeakOperations, new InterpretedInt8().PeakOperations);
    }

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

    /// <summary>Both ends of 8 bits among random values, few rows and many, by strips and by the first rows of one.</summary>
    [SkippableFact]
    public void The_processor_gives_the_sums_of_the_interpreter()
    {
        Skip.If(VectorInt8Unit.OfThisProcess is null, "this processor has no AVX512_VNNI");
        using CpuBackend real = new(Isa.Scalar, 1, null, VectorInt8Unit.OfThisProcess!), interpreted = new(Isa.Scalar, 1, null, new InterpretedInt8());
        RandomValues random = new(nameof(VectorProductCodeTests));
        foreach ((int rows, int outputs, int depth) in new[] { (1, 33, 64), (2, 32, 65), (3, 65, 130), (8, 40, 63), (12, 33, 64), (32, 64, 1100), (150, 130, 70) })
        {
            Tensor x = Tensor.From(new Shape(rows, depth), random.Normal(rows * depth)), w = Tensor.From(new Shape(outputs, depth), random.Normal(outputs * depth));
            Tensor first = Tensor.Allocate(new Shape(rows, outputs)), second = Tensor.Allocate(new Shape(rows, outputs));
            CpuInferenceWeight weight = new(w, Precision.Int8);
            real.Linear(x, weight, default, first);
            interpreted.Linear(x, weight, default, second);
            Assert.True(Bits.Equal(first.Span, second.Span), $"{rows} x {outputs} x {depth}");
        }
    }

    private static string Text(Instruction instruction)
    {
        StringOutput output = new();
        new NasmFormatter().Format(instruction, output);
        return output.ToStringAndReset();
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
