using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// The machine code of products by <c>vdpbf16ps</c> (AVX512_BF16) and 512-bit <c>vpdpbusd</c> (AVX512_VNNI), for which C# has no intrinsics.
/// It reads the same packed strips as the code for tiles: a row of a packed tile of B is a vector of 16 columns, a word of A (two values of
/// bfloat16 or four of 8 bits) is broadcast. Each function follows the calling convention of System V, uses no register that a callee
/// must save, calls nothing and does not touch the stack.
/// </summary>
internal static class VectorProductCode
{
    /// <summary>The maximum number of rows of <see cref="EmitMultiplyFew"/>.</summary>
    public const int MaxFewRows = 8;

    private const int Lanes = 16, VectorBytes = 64, TileBytes = Lanes * VectorBytes;

    /// <summary>Independent sums, more than the latency of an instruction needs.</summary>
    private const int PeakChains = 16;

    /// <summary>The prefetch distance of B for memory-bound products.</summary>
    private const int FewPrefetchDistance = 4 * TilePacking.StepBytes;

    /// <summary>Two vectors of B, and vectors for broadcast words of A in turn, after the accumulators.</summary>
    private const int FirstRight = 22, FirstLeft = 24, LeftVectors = 4;

    private static readonly AssemblerRegisterZMM[] Z =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27,
    ];

    /// <summary>Rows of a strip that are multiplied together: 22 accumulators at most, and 32 in all.</summary>
    private static readonly (int First, int Count)[] Groups = [(0, 11), (11, 11), (22, 10)];

    /// <summary>Operations of one iteration of <see cref="EmitPeak"/>; a multiplication with an addition counts two.</summary>
    public static long PeakOperations(VectorProduct product) => PeakChains * Lanes * 2 * (product == VectorProduct.Bfloat16 ? 2 : 4);

    /// <summary>Emits <c>void Multiply(TileBlock*)</c>. Its sums add to each value of C in the order of the packed words for any division into blocks.</summary>
    public static byte[] EmitMultiply(VectorProduct product)
    {
        Assembler code = new(64);
        Label columns = code.CreateLabel("columns"), rows = code.CreateLabel("rows");
        BlockOffsets at = BlockOffsets.OfBlock();
        code.mov(rdx, __qword_ptr[rdi + at.RowC]);

        code.Label(ref columns);
        code.mov(r11, __qword_ptr[rdi + at.A]);
        code.mov(r10, __qword_ptr[rdi + at.C]);
        code.mov(r9, __qword_ptr[rdi + at.RowStrips]);

        code.Label(ref rows);
        foreach ((int first, int count) in Groups)
        {
            MultiplyGroup(code, product, at, first, count);
        }

        code.add(r11, __qword_ptr[rdi + at.StripA]);
        code.dec(r9);
        code.jne(rows);

        code.mov(rcx, __qword_ptr[rdi + at.StripB]);
        code.add(__qword_ptr[rdi + at.B], rcx);
        code.add(__qword_ptr[rdi + at.C], TilePacking.StripLanes * sizeof(float));
        code.dec(__qword_ptr[rdi + at.ColumnStrips]);
        code.jne(columns);
        code.vzeroupper();
        code.ret();
        return TileCode.Bytes(code);
    }

    /// <summary>Emits <c>void Peak(long iterations)</c>: sums that do not wait for one another.</summary>
    public static byte[] EmitPeak(VectorProduct product)
    {
        Assembler code = new(64);
        Label loop = code.CreateLabel("loop");
        for (int i = 0; i < PeakChains + 2; i++)
        {
            code.vpxord(Z[i], Z[i], Z[i]);
        }

        code.Label(ref loop);
        for (int i = 0; i < PeakChains; i++)
        {
            MultiplyAdd(code, product, Z[i], Z[PeakChains], Z[PeakChains + 1]);
        }

        code.dec(rdi);
        code.jne(loop);
        code.vzeroupper();
        code.ret();
        return TileCode.Bytes(code);
    }

    /// <summary>
    /// Emits <c>void Multiply(TileBlock*)</c> for the first rows of one strip of A in 8 bits; C is overwritten. Each vector of B is read once
    /// and in order, and B is fetched ahead, because memory bounds products of so few rows.
    /// </summary>
    /// <param name="rows">1 to <see cref="MaxFewRows"/>.</param>
    public static byte[] EmitMultiplyFew(int rows)
    {
        Assembler code = new(64);
        Label columns = code.CreateLabel("columns"), steps = code.CreateLabel("steps");
        BlockOffsets at = BlockOffsets.OfBlock();
        int parts = PartsOf(rows);
        code.mov(rdx, __qword_ptr[rdi + at.RowC]);
        code.mov(r9, __qword_ptr[rdi + at.ColumnStrips]);
        code.mov(r10, __qword_ptr[rdi + at.C]);
        code.mov(r11, __qword_ptr[rdi + at.B]);

        code.Label(ref columns);
        for (int i = 0; i < 2 * rows * parts; i++)
        {
            code.vpxord(Z[i], Z[i], Z[i]);
        }

        code.mov(rax, __qword_ptr[rdi + at.A]);
        code.mov(rsi, r11);
        code.mov(r8, __qword_ptr[rdi + at.Steps]);
        code.Label(ref steps);
        for (int word = 0; word < Lanes; word++)
        {
            MultiplyFewWord(code, rows, word, 2 * rows * (word % parts));
        }

        code.add(rax, TilePacking.StepBytes);
        code.add(rsi, TilePacking.StepBytes);
        code.dec(r8);
        code.jne(steps);
        StoreFew(code, rows, parts);
        code.add(r11, __qword_ptr[rdi + at.StripB]);
        code.add(r10, TilePacking.StripLanes * sizeof(int));
        code.dec(r9);
        code.jne(columns);
        code.vzeroupper();
        code.ret();
        return TileCode.Bytes(code);
    }

    /// <summary>The number of parts of the depth with independent sums, to hide the latency of an instruction.</summary>
    private static int PartsOf(int rows) => rows switch
    {
        1 => 8,
        2 => 4,
        <= 5 => 2,
        _ => 1,
    };

    /// <summary>One word of each row, broadcast, times those of 32 columns; sums from one register on.</summary>
    private static void MultiplyFewWord(Assembler code, int rows, int word, int sums)
    {
        AssemblerMemoryOperand first = __zmmword_ptr[rsi + (word * VectorBytes)], second = __zmmword_ptr[rsi + TileBytes + (word * VectorBytes)];
        code.prefetcht0(__byte_ptr[rsi + FewPrefetchDistance + (word * VectorBytes)]);
        code.prefetcht0(__byte_ptr[rsi + FewPrefetchDistance + TileBytes + (word * VectorBytes)]);
        if (rows > 1)
        {
            code.vmovups(Z[FirstRight], first);
            code.vmovups(Z[FirstRight + 1], second);
        }

        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM left = Z[FirstLeft + ((row + word) % LeftVectors)];
            code.vpbroadcastd(left, __dword_ptr[rax + (row * VectorBytes) + (word * sizeof(uint))]);
            if (rows == 1)
            {
                code.vpdpbusd(Z[sums], left, first);
                code.vpdpbusd(Z[sums + 1], left, second);
            }
            else
            {
                code.vpdpbusd(Z[sums + (2 * row)], left, Z[FirstRight]);
                code.vpdpbusd(Z[sums + (2 * row) + 1], left, Z[FirstRight + 1]);
            }
        }
    }

    /// <summary>Adds the parts up and stores the rows at r10.</summary>
    private static void StoreFew(Assembler code, int rows, int parts)
    {
        for (int i = 2 * rows; i < 2 * rows * parts; i++)
        {
            code.vpaddd(Z[i % (2 * rows)], Z[i % (2 * rows)], Z[i]);
        }

        code.mov(rcx, r10);
        for (int row = 0; row < rows; row++)
        {
            code.vmovups(__zmmword_ptr[rcx], Z[2 * row]);
            code.vmovups(__zmmword_ptr[rcx + VectorBytes], Z[(2 * row) + 1]);
            code.add(rcx, rdx);
        }
    }

    /// <summary>Some rows of the strip at r11 times the 32 columns at B; r10 is where their rows of C begin, and then those of the next.</summary>
    private static void MultiplyGroup(Assembler code, VectorProduct product, BlockOffsets at, int first, int count)
    {
        Label clear = code.CreateLabel(), ready = code.CreateLabel(), steps = code.CreateLabel();
        code.cmp(__qword_ptr[rdi + at.Accumulate], 0);
        code.je(clear);
        code.mov(rcx, r10);
        for (int row = 0; row < count; row++)
        {
            code.vmovups(Z[2 * row], __zmmword_ptr[rcx]);
            code.vmovups(Z[(2 * row) + 1], __zmmword_ptr[rcx + VectorBytes]);
            code.add(rcx, rdx);
        }

        code.jmp(ready);
        code.Label(ref clear);
        for (int i = 0; i < 2 * count; i++)
        {
            code.vpxord(Z[i], Z[i], Z[i]);
        }

        code.Label(ref ready);
        PrefetchResults(code, count);
        code.mov(rcx, __qword_ptr[rdi + at.B]);
        code.add(rcx, __qword_ptr[rdi + at.StripB]);
        code.mov(rax, r11);
        code.mov(rsi, __qword_ptr[rdi + at.B]);
        code.mov(r8, __qword_ptr[rdi + at.Steps]);
        code.Label(ref steps);
        for (int word = 0; word < Lanes; word++)
        {
            MultiplyWord(code, product, first, count, word);
        }

        code.add(rax, TilePacking.StepBytes);
        code.add(rsi, TilePacking.StepBytes);
        code.add(rcx, TilePacking.StepBytes);
        code.dec(r8);
        code.jne(steps);
        for (int row = 0; row < count; row++)
        {
            code.vmovups(__zmmword_ptr[r10], Z[2 * row]);
            code.vmovups(__zmmword_ptr[r10 + VectorBytes], Z[(2 * row) + 1]);
            code.add(r10, rdx);
        }
    }

    /// <summary>Prefetches the rows of C of the next group. Addresses past the end are harmless.</summary>
    private static void PrefetchResults(Assembler code, int count)
    {
        code.mov(rcx, r10);
        for (int row = 0; row < count; row++)
        {
            code.add(rcx, rdx);
        }

        for (int row = 0; row < Groups[0].Count; row++)
        {
            code.prefetcht0(__byte_ptr[rcx]);
            code.prefetcht0(__byte_ptr[rcx + VectorBytes]);
            code.add(rcx, rdx);
        }
    }

    /// <summary>
    /// One word of each row, broadcast, times those of 32 columns. The first two groups prefetch one tile each of the next
    /// strip of B: weights that come from memory then keep up with the multiplications.
    /// </summary>
    private static void MultiplyWord(Assembler code, VectorProduct product, int first, int count, int word)
    {
        code.vmovups(Z[FirstRight], __zmmword_ptr[rsi + (word * VectorBytes)]);
        code.vmovups(Z[FirstRight + 1], __zmmword_ptr[rsi + TileBytes + (word * VectorBytes)]);
        if (first < 2 * Groups[0].Count)
        {
            code.prefetcht1(__byte_ptr[rcx + (first == 0 ? 0 : TileBytes) + (word * VectorBytes)]);
        }

        for (int row = 0; row < count; row++)
        {
            int lane = first + row;
            AssemblerRegisterZMM left = Z[FirstLeft + (row % LeftVectors)];
            code.vpbroadcastd(left, __dword_ptr[rax + (lane / Lanes * TileBytes) + (lane % Lanes * VectorBytes) + (word * sizeof(uint))]);
            MultiplyAdd(code, product, Z[2 * row], left, Z[FirstRight]);
            MultiplyAdd(code, product, Z[(2 * row) + 1], left, Z[FirstRight + 1]);
        }
    }

    /// <summary>In 8 bits the values of A are without sign and those of B with one.</summary>
    private static void MultiplyAdd(Assembler code, VectorProduct product, AssemblerRegisterZMM sums, AssemblerRegisterZMM left, AssemblerRegisterZMM right)
    {
        if (product == VectorProduct.Bfloat16)
        {
            code.vdpbf16ps(sums, left, right);
        }
        else
        {
            code.vpdpbusd(sums, left, right);
        }
    }
}
