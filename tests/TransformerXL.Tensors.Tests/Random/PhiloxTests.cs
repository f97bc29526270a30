using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Random;
using TransformerXL.Testing.Oracles;
using Xunit;

namespace TransformerXL.Tensors.Tests.Random;

public sealed unsafe class PhiloxTests
{
    /// <summary>The known answers of Random123, the reference implementation: key, counter, result.</summary>
    public static TheoryData<uint[], uint[], uint[]> KnownAnswers => new()
    {
        { [0, 0], [0, 0, 0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        {
            [0xffffffff, 0xffffffff],
            [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        },
        {
            [0xa4093822, 0x299f31d0],
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        },
    };

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void A_block_is_the_known_answer(uint[] key, uint[] counter, uint[] expected)
    {
        (uint x0, uint x1, uint x2, uint x3) = Philox.Block(key[0] | ((ulong)key[1] << 32), counter[0], counter[1], counter[2], counter[3]);
        Assert.Equal(expected, (uint[])[x0, x1, x2, x3]);
    }

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void The_oracle_is_the_known_answer(uint[] key, uint[] counter, uint[] expected) =>
        Assert.Equal(expected, PhiloxOracle.Block(key, counter));

    [SkippableTheory]
    [InlineData(256)]
    [InlineData(512)]
    public void Vector_fills_equal_the_scalar_fill(int width)
    {
        Skip.IfNot(width == 256 ? System.Runtime.Intrinsics.X86.Avx2.IsSupported : System.Runtime.Intrinsics.X86.Avx512F.IsSupported);
        DropoutMask mask = new(0.5f, 0xFEDCBA9876543210, 77, 0xFFFFFFFF);
        foreach (ulong first in new ulong[] { 0, 16, 0xFFFFFFF0, 0x100000000, 0x123456789A0 })
        {
            uint[] scalar = new uint[Philox.GroupSize], vector = new uint[Philox.GroupSize];
            fixed (uint* expected = scalar, actual = vector)
            {
                PhiloxKernel.FillScalar(mask, (uint)first, (uint)(first >> 32), expected);
                Fill(width, mask, first, actual);
            }

            Assert.Equal(scalar, vector);
        }
    }

    [Fact]
    public void A_group_holds_the_words_that_the_definition_names()
    {
        DropoutMask mask = new(0.5f, 99, 3, 4);
        DropoutOracle oracle = new(0.5f, 99, 3, 4);
        uint[] group = new uint[Philox.GroupSize];
        fixed (uint* words = group)
        {
            PhiloxKernel.FillGroup(mask, 5, words);
        }

        Assert.Equal(Enumerable.Range(0, Philox.GroupSize).Select(place => oracle.Bits((5L * Philox.GroupSize) + place)), group);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x0FFFFFFF)] // The next group has other high bits of the counter.
    [InlineData(0x123456789A)]
    public void Two_groups_are_two_neighbouring_ones(ulong group)
    {
        DropoutMask mask = new(0.5f, 0xFEDCBA9876543210, 77, 5);
        uint[] single = new uint[2 * Philox.GroupSize], together = new uint[2 * Philox.GroupSize];
        fixed (uint* expected = single, actual = together)
        {
            PhiloxKernel.FillGroup(mask, group, expected);
            PhiloxKernel.FillGroup(mask, group + 1, expected + Philox.GroupSize);
            PhiloxKernel.FillTwoGroups(mask, group, actual);
        }

        Assert.Equal(single, together);
    }

    private static void Fill(int width, DropoutMask mask, ulong first, uint* destination)
    {
        if (width == 512)
        {
            PhiloxKernel.Fill512(mask, (uint)first, (uint)(first >> 32), destination);
            return;
        }

        PhiloxKernel.Fill256(mask, (uint)first, (uint)(first >> 32), destination);
        PhiloxKernel.Fill256(mask, (uint)first + 8, (uint)(first >> 32), destination + 8);
    }
}
