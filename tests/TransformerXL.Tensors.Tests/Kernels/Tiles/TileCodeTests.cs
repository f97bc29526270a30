using Iced.Intel;
using TransformerXL.Tensors.Cpu.Tiles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Kernels.Tiles;

/// <summary>What was emitted, read back instruction by instruction: a wrong one ends a process that has the matrix unit.</summary>
public sealed class TileCodeTests
{
    /// <summary>Without the prefetches, which stand between the instructions of a step.</summary>
    private const string Multiply = """
        ldtilecfg [rel 2CFh]
        mov esi,40h
        mov rdx,[rdi+28h]
        mov r11,[rdi]
        mov r10,[rdi+10h]
        mov r9,[rdi+30h]
        cmp qword [rdi+48h],0
        je short 000000000000004Ah
        mov rcx,rdx
        shl rcx,4
        add rcx,r10
        tileloadd tmm0,[r10+rdx]
        tileloadd tmm1,[r10+rdx+40h]
        tileloadd tmm2,[rcx+rdx]
        tileloadd tmm3,[rcx+rdx+40h]
        jmp short 000000000000005Eh
        tilezero tmm0
        tilezero tmm1
        tilezero tmm2
        tilezero tmm3
        mov rax,r11
        mov rcx,[rdi+8]
        mov r8,[rdi+40h]
        tileloadd tmm4,[rax+rsi]
        tileloadd tmm6,[rcx+rsi]
        tdpbf16ps tmm0,tmm4,tmm6
        tileloadd tmm7,[rcx+rsi+400h]
        tdpbf16ps tmm1,tmm4,tmm7
        tileloadd tmm5,[rax+rsi+400h]
        tdpbf16ps tmm2,tmm5,tmm6
        tdpbf16ps tmm3,tmm5,tmm7
        add rax,800h
        add rcx,800h
        dec r8
        jne near 0000000000000069h
        mov rcx,rdx
        shl rcx,4
        add rcx,r10
        tilestored [r10+rdx],tmm0
        tilestored [r10+rdx+40h],tmm1
        tilestored [rcx+rdx],tmm2
        tilestored [rcx+rdx+40h],tmm3
        add r11,[rdi+18h]
        mov rcx,rdx
        shl rcx,5
        add r10,rcx
        dec r9
        jne near 000000000000001Dh
        mov rcx,[rdi+20h]
        add [rdi+8],rcx
        add qword [rdi+10h],80h
        dec qword [rdi+38h]
        jne near 0000000000000012h
        tilerelease
        ret
        """;

    private const string Peak = """
        ldtilecfg [rel 51h]
        tilezero tmm0
        tilezero tmm1
        tilezero tmm2
        tilezero tmm3
        tilezero tmm4
        tilezero tmm5
        tilezero tmm6
        tilezero tmm7
        tdpbf16ps tmm0,tmm4,tmm6
        tdpbf16ps tmm1,tmm4,tmm7
        tdpbf16ps tmm2,tmm5,tmm6
        tdpbf16ps tmm3,tmm5,tmm7
        dec rdi
        jne short 0000000000000031h
        tilerelease
        ret
        """;

    private const string EnabledState = """
        xor ecx,ecx
        xgetbv
        shl rdx,20h
        or rax,rdx
        ret
        """;

    [Fact]
    public void The_product_consists_of_these_instructions() => Assert.Equal(Multiply, Listing(Instructions(TileCode.EmitMultiply()).Where(i => i.Mnemonic != Mnemonic.Prefetcht0)));

    [Fact]
    public void The_peak_consists_of_these_instructions() => Assert.Equal(Peak, Listing(Instructions(TileCode.EmitPeak())));

    [Fact]
    public void The_question_which_registers_are_enabled_consists_of_these_instructions() =>
        Assert.Equal(EnabledState, Listing(Instructions(TileCode.EmitEnabledState())));

    [Fact]
    public void Both_operands_of_the_step_after_the_next_are_asked_for_line_by_line()
    {
        Instruction[] prefetches = [.. Instructions(TileCode.EmitMultiply()).Where(i => i.Mnemonic == Mnemonic.Prefetcht0)];
        foreach (Register register in new[] { Register.RAX, Register.RCX })
        {
            IEnumerable<ulong> offsets = prefetches.Where(i => i.MemoryBase == register).Select(i => i.MemoryDisplacement64);
            Assert.Equal(Enumerable.Range(0, 32).Select(line => 4096 + (64 * (ulong)line)), offsets);
        }
    }

    /// <summary>The encodings of Intel's manual, written down by hand: the assembler and the disassembler are of one hand.</summary>
    [Fact]
    public void Instructions_of_tiles_are_encoded_as_in_the_manual()
    {
        byte[] code = TileCode.EmitMultiply();
        Assert.Equal((byte[])[0xC4, 0xE2, 0x78, 0x49, 0x05], code[..5]);
        (string, byte[])[] expected =
        [
            ("tilezero tmm3", [0xC4, 0xE2, 0x7B, 0x49, 0xD8]),
            ("tileloadd tmm4,[rax+rsi]", [0xC4, 0xE2, 0x7B, 0x4B, 0x24, 0x30]),
            ("tileloadd tmm1,[r10+rdx+40h]", [0xC4, 0xC2, 0x7B, 0x4B, 0x4C, 0x12, 0x40]),
            ("tdpbf16ps tmm2,tmm5,tmm6", [0xC4, 0xE2, 0x4A, 0x5C, 0xD5]),
            ("tilestored [rcx+rdx],tmm2", [0xC4, 0xE2, 0x7A, 0x4B, 0x14, 0x11]),
            ("tilerelease", [0xC4, 0xE2, 0x78, 0x49, 0xC0]),
        ];
        foreach ((string text, byte[] bytes) in expected)
        {
            Instruction instruction = Instructions(code).Single(i => Listing([i]) == text);
            Assert.Equal(bytes, code[(int)instruction.IP..(int)instruction.NextIP]);
        }
    }

    /// <summary>The instructions up to the first that returns.</summary>
    private static IEnumerable<Instruction> Instructions(byte[] code)
    {
        Decoder decoder = Decoder.Create(64, code, ip: 0);
        Instruction instruction;
        do
        {
            instruction = decoder.Decode();
            yield return instruction;
        }
        while (instruction.Mnemonic != Mnemonic.Ret);
    }

    private static string Listing(IEnumerable<Instruction> instructions)
    {
        NasmFormatter formatter = new();
        StringOutput output = new();
        return string.Join("\n", instructions.Select(i =>
        {
            formatter.Format(i, output);
            return output.ToStringAndReset();
        }));
    }
}
