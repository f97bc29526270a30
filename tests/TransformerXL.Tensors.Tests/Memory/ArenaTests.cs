using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tensors.Tests.Memory;

public sealed unsafe class ArenaTests
{
    [Fact]
    public void Every_allocation_is_aligned_and_apart_from_the_others()
    {
        Arena arena = new();
        List<(nint Start, nint End)> ranges = [];
        foreach (int count in new[] { 1, 5, 32, 33, 1000, 0, 300_000, 7, 300_000 })
        {
            Tensor tensor = arena.Allocate(new Shape(count));
            Assert.Equal(0, (nint)tensor.Pointer % NativeBuffer.Alignment);
            ranges.Add(((nint)tensor.Pointer, (nint)(tensor.Pointer + count)));
        }

        (nint Start, nint End)[] sorted = [.. ranges.Order()];
        Assert.All(sorted.Zip(sorted.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start));
    }

    [Fact]
    public void Reset_hands_out_the_same_memory_again()
    {
        Arena arena = new();
        float* first = arena.Allocate(new Shape(10)).Pointer;
        arena.Reset();
        Assert.Equal(0, arena.BytesInUse);
        Assert.True(arena.Allocate(new Shape(10)).Pointer == first);
    }

    [Fact]
    public void A_released_block_goes_to_the_next_request_of_its_size()
    {
        Arena arena = new();
        Tensor released = arena.Allocate(new Shape(100));
        arena.Allocate(new Shape(100));
        arena.Release(released);
        Assert.False(arena.Allocate(new Shape(200)).Pointer == released.Pointer);
        Assert.True(arena.Allocate(new Shape(100)).Pointer == released.Pointer);
        Assert.False(arena.Allocate(new Shape(100)).Pointer == released.Pointer);
    }

    [Fact]
    public void Nothing_can_be_released_and_is_not_handed_out()
    {
        Arena arena = new();
        arena.Release(default);
        Assert.True(arena.Allocate(new Shape(1)).Pointer != null);
    }

    [Fact]
    public void What_was_released_before_a_reset_is_not_handed_out_twice()
    {
        Arena arena = new();
        arena.Release(arena.Allocate(new Shape(100)));
        arena.Reset();
        Assert.False(arena.Allocate(new Shape(100)).Pointer == arena.Allocate(new Shape(100)).Pointer);
    }

    [Fact]
    public void A_step_like_the_last_one_asks_the_system_for_nothing()
    {
        Arena arena = new();
        Fill(arena);
        long needed = arena.BytesInUse, reserved = arena.BytesReserved;
        Assert.InRange(reserved, needed, needed + (9 << 20));
        for (int step = 0; step < 3; step++)
        {
            arena.Reset();
            Assert.Equal(reserved, arena.BytesReserved);
            Fill(arena);
            Assert.Equal((needed, reserved), (arena.BytesInUse, arena.BytesReserved));
        }
    }

    [Fact]
    public void A_large_request_between_small_ones_wastes_no_block()
    {
        Arena arena = new();
        for (int step = 0; step < 2; step++)
        {
            arena.Reset();
            arena.Allocate(new Shape(1000));
            arena.Allocate(new Shape(step == 0 ? 1000 : 3_000_000));
            Fill(arena);
        }

        Assert.InRange(arena.BytesReserved, arena.BytesInUse, arena.BytesInUse + (9 << 20));
    }

    [Fact]
    public void A_warm_arena_makes_no_garbage()
    {
        Arena arena = new();
        for (int step = 0; step < 3; step++)
        {
            Step(arena);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(arena);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Integers_are_copied()
    {
        Arena arena = new();
        Assert.Equal([3, -1, 7], arena.Allocate([3, -1, 7]).Span.ToArray());
    }

    private static void Step(Arena arena)
    {
        arena.Reset();
        Fill(arena);
        arena.Release(arena.Allocate(new Shape(64)));
        arena.Allocate([1, 2, 3]);
    }

    private static void Fill(Arena arena)
    {
        for (int i = 0; i < 40; i++)
        {
            arena.Allocate(new Shape(50_000)).Span.Fill(i);
        }
    }
}
