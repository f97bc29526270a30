using Iced.Intel;

using static Iced.Intel.AssemblerRegisters;

namespace TransformerXL.Tensors.Cpu.Tiles;

/// <summary>
/// The machine code of the matrix unit (Intel AMX), which C# cannot express. Each function follows the calling convention of
/// System V, uses no register that a callee must save, calls nothing, does not touch the stack, and leaves the tiles released.
/// </summary>
internal static unsafe class TileCode
{
    /// <summary>Floating-point operations of one iteration of <see cref="EmitPeak"/>; a multiplication with an addition counts two.</summary>
    public const long PeakOperations = 4L * 2 * TileRows * TileRows * TilePacking.StepDepth;

    private const int TileRows = 16, TileRowBytes = 64, TileBytes = TileRows * TileRowBytes, Tiles = 8;

    /// <summary>The prefetch distance: two steps.</summary>
    private const int PrefetchDistance = 2 * TilePacking.StepBytes;

    private const int LineBytes = 64;

    /// <summary>Emits <c>void Multiply(TileBlock*)</c>. Its sums add to each value of C in the order of k for any division into blocks.</summary>
    public static byte[] EmitMultiply()
    {
        Assembler code = new(64);
        Label configuration = code.CreateLabel("configuration"), columns = code.CreateLabel("columns"), rows = code.CreateLabel("rows");
        BlockOffsets at = BlockOffsets.OfBlock();
        code.ldtilecfg(__[configuration]);
        code.mov(esi, TileRowBytes);
        code.mov(rdx, __qword_ptr[rdi + at.RowC]);

        code.Label(ref columns);
        code.mov(r11, __qword_ptr[rdi + at.A]);
        code.mov(r10, __qword_ptr[rdi + at.C]);
        code.mov(r9, __qword_ptr[rdi + at.RowStrips]);

        code.Label(ref rows);
        LoadResults(code, at);
        code.mov(rax, r11);
        code.mov(rcx, __qword_ptr[rdi + at.B]);
        code.mov(r8, __qword_ptr[rdi + at.Steps]);
        MultiplySteps(code);
        StoreResults(code);
        code.add(r11, __qword_ptr[rdi + at.StripA]);
        code.mov(rcx, rdx);
        code.shl(rcx, 5);
        code.add(r10, rcx);
        code.dec(r9);
        code.jne(rows);

        code.mov(rcx, __qword_ptr[rdi + at.StripB]);
        code.add(__qword_ptr[rdi + at.B], rcx);
        code.add(__qword_ptr[rdi + at.C], TilePacking.StripLanes * sizeof(float));
        code.dec(__qword_ptr[rdi + at.ColumnStrips]);
        code.jne(columns);
        return End(code, configuration);
    }

    /// <summary>Emits <c>void Peak(long iterations)</c>: four sums that do not wait for one another.</summary>
    public static byte[] EmitPeak()
    {
        Assembler code = new(64);
        Label configuration = code.CreateLabel("configuration"), loop = code.CreateLabel("loop");
        code.ldtilecfg(__[configuration]);
        foreach (AssemblerRegisterTMM tile in (AssemblerRegisterTMM[])[tmm0, tmm1, tmm2, tmm3, tmm4, tmm5, tmm6, tmm7])
        {
            code.tilezero(tile);
        }

        code.Label(ref loop);
        code.tdpbf16ps(tmm0, tmm4, tmm6);
        code.tdpbf16ps(tmm1, tmm4, tmm7);
        code.tdpbf16ps(tmm2, tmm5, tmm6);
        code.tdpbf16ps(tmm3, tmm5, tmm7);
        code.dec(rdi);
        code.jne(loop);
        return End(code, configuration);
    }

    /// <summary>Emits <c>ulong EnabledState()</c>: the register sets that the operating system saves (XCR0).</summary>
    public static byte[] EmitEnabledState()
    {
        Assembler code = new(64);
        code.xor(ecx, ecx);
        code.xgetbv();
        code.shl(rdx, 32);
        code.or(rax, rdx);
        code.ret();
        return Bytes(code);
    }

    /// <summary>Loads the four result tiles from C, or clears them.</summary>
    private static void LoadResults(Assembler code, BlockOffsets at)
    {
        Label clear = code.CreateLabel("clear"), ready = code.CreateLabel("ready");
        code.cmp(__qword_ptr[rdi + at.Accumulate], 0);
        code.je(clear);
        LowerRows(code);
        code.tileloadd(tmm0, __[r10 + rdx]);
        code.tileloadd(tmm1, __[r10 + rdx + TileRowBytes]);
        code.tileloadd(tmm2, __[rcx + rdx]);
        code.tileloadd(tmm3, __[rcx + rdx + TileRowBytes]);
        code.jmp(ready);

        code.Label(ref clear);
        code.tilezero(tmm0);
        code.tilezero(tmm1);
        code.tilezero(tmm2);
        code.tilezero(tmm3);
        code.Label(ref ready);
    }

    /// <summary>32 rows times 32 columns over r8 steps; rax advances along the strip of A, rcx along that of B.</summary>
    private static void MultiplySteps(Assembler code)
    {
        Label steps = code.CreateLabel("steps");
        code.Label(ref steps);
        code.tileloadd(tmm4, __[rax + rsi]);
        code.tileloadd(tmm6, __[rcx + rsi]);
        Prefetch(code, 0);
        code.tdpbf16ps(tmm0, tmm4, tmm6);
        code.tileloadd(tmm7, __[rcx + rsi + TileBytes]);
        Prefetch(code, 1);
        code.tdpbf16ps(tmm1, tmm4, tmm7);
        code.tileloadd(tmm5, __[rax + rsi + TileBytes]);
        Prefetch(code, 2);
        code.tdpbf16ps(tmm2, tmm5, tmm6);
        Prefetch(code, 3);
        code.tdpbf16ps(tmm3, tmm5, tmm7);
        code.add(rax, TilePacking.StepBytes);
        code.add(rcx, TilePacking.StepBytes);
        code.dec(r8);
        code.jne(steps);
    }

    /// <summary>A quarter of a later step of both operands. Addresses past the end are harmless.</summary>
    private static void Prefetch(Assembler code, int quarter)
    {
        const int Part = TilePacking.StepBytes / 4;
        for (int offset = quarter * Part; offset < (quarter + 1) * Part; offset += LineBytes)
        {
            code.prefetcht0(__byte_ptr[rax + PrefetchDistance + offset]);
            code.prefetcht0(__byte_ptr[rcx + PrefetchDistance + offset]);
        }
    }

    private static void StoreResults(Assembler code)
    {
        LowerRows(code);
        code.tilestored(__[r10 + rdx], tmm0);
        code.tilestored(__[r10 + rdx + TileRowBytes], tmm1);
        code.tilestored(__[rcx + rdx], tmm2);
        code.tilestored(__[rcx + rdx + TileRowBytes], tmm3);
    }

    /// <summary>rcx = the address of row 16 of the result.</summary>
    private static void LowerRows(Assembler code)
    {
        code.mov(rcx, rdx);
        code.shl(rcx, 4);
        code.add(rcx, r10);
    }

    /// <summary>Releases the tiles and returns; the configuration follows the code: all eight tiles of 16 rows of 64 bytes.</summary>
    private static byte[] End(Assembler code, Label configuration)
    {
        byte[] palette = new byte[64];
        palette[0] = 1;
        for (int tile = 0; tile < Tiles; tile++)
        {
            palette[16 + (2 * tile)] = TileRowBytes;
            palette[48 + tile] = TileRows;
        }

        code.tilerelease();
        code.ret();
        code.int3();
        code.Label(ref configuration);
        code.db(palette);
        return Bytes(code);
    }

    internal static byte[] Bytes(Assembler code)
    {
        using MemoryStream stream = new();
        code.Assemble(new StreamCodeWriter(stream), rip: 0);
        return stream.ToArray();
    }
}
