using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tensors.Tests.Memory;

public sealed unsafe class TensorTests
{
    [Fact]
    public void New_memory_is_zero_and_aligned()
    {
        Tensor tensor = Tensor.Allocate(new Shape(3, 5));
        Assert.All(tensor.Span.ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(0, (nint)tensor.Pointer % NativeBuffer.Alignment);
        GC.KeepAlive(tensor);
    }

    [Fact]
    public void A_part_sees_elements_from_anywhere_on()
    {
        Tensor tensor = Tensor.From(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        Assert.Equal([2, 3, 4, 5], tensor.Part(1, new Shape(2, 2)).Span.ToArray());
        Assert.Equal([5], tensor.Slice(1, 2).Part(2, new Shape(1)).Span.ToArray());
        Assert.Contains(
            "elements 3 to 7 are not all inside a tensor of shape (3, 2)",
            Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Part(3, new Shape(2, 2))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Part(-1, new Shape(1)));
    }

    [Fact]
    public void A_slice_sees_its_rows()
    {
        Tensor tensor = Tensor.From(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        Tensor slice = tensor.Slice(1, 2);
        Assert.Equal(new Shape(2, 2), slice.Shape);
        slice.Span[0] = 9;
        Assert.Equal([1, 2, 9, 4, 5, 6], tensor.Span.ToArray());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 4)]
    [InlineData(3, 1)]
    [InlineData(1, -1)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void A_slice_outside_is_refused_with_rows_and_shape(int start, int count)
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Allocate(new Shape(3, 2)).Slice(start, count));
        Assert.Contains($"rows {start} to {(long)start + count}", error.Message, StringComparison.Ordinal);
        Assert.Contains("(3, 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reshape_to_another_size_is_refused_with_both_shapes()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Tensor.Allocate(new Shape(3, 2)).Reshape(new Shape(4, 2, 1)));
        Assert.Contains("(3, 2) (6 elements)", error.Message, StringComparison.Ordinal);
        Assert.Contains("(4, 2, 1) (8 elements)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reshape_sees_the_same_memory()
    {
        Tensor tensor = Tensor.From(new Shape(3, 2), [1, 2, 3, 4, 5, 6]);
        tensor.Reshape(new Shape(2, 3)).Slice(1, 1).Span[0] = 0;
        Assert.Equal(0, tensor.Span[3]);
    }

    [Fact]
    public void Values_that_do_not_fill_the_shape_are_refused_with_both_numbers()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Tensor.From(new Shape(2, 2), [1, 2, 3]));
        Assert.Contains("3 values", error.Message, StringComparison.Ordinal);
        Assert.Contains("(2, 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_axis_is_refused_with_the_axes() =>
        Assert.Contains("(2, -3, 1, 1)", Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(2, -3)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_shape_whose_elements_cannot_be_counted_is_refused_with_the_axes() => Assert.Contains(
        "(2147483647, 2147483647, 2147483647, 2147483647)",
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void An_axis_that_is_not_there_is_refused(int axis) =>
        Assert.Contains($"axis {axis}", Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(2, 3)[axis]).Message, StringComparison.Ordinal);

    [Fact]
    public void A_shape_counts_rows_columns_and_elements()
    {
        Shape shape = new(2, 3, 4);
        Assert.Equal((6, 4, 24L, "(2, 3, 4)"), (shape.Rows, shape.Columns, shape.Count, shape.ToString()));
        Assert.Equal((0, 0L, "()"), (default(Shape).Rows, default(Shape).Count, default(Shape).ToString()));
        Assert.Equal((new Shape(7, 3, 4), new Shape(2, 3, 7)), (shape.WithFirst(7), shape.WithLast(7)));
        Assert.Equal((new Shape(2, 3, 4, 5), new Shape(5)), (shape.Append(5), default(Shape).Append(5)));
        Assert.Throws<InvalidOperationException>(() => shape.Append(5).Append(6));
        Assert.Throws<InvalidOperationException>(() => default(Shape).WithLast(6));
    }

    [Fact]
    public void Memory_that_the_system_does_not_have_is_an_exception_and_no_more()
    {
        Assert.Throws<OutOfMemoryException>(() => Tensor.Allocate(new Shape(1 << 30, 1 << 20)));
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void Memory_lives_as_long_as_a_view_of_it()
    {
        Tensor view = Slice();
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Tensor.Allocate(new Shape(1 << 16)).Span.Fill(-1);
        }

        Assert.All(view.Span.ToArray(), value => Assert.Equal(5, value));

        static Tensor Slice()
        {
            Tensor whole = Tensor.Allocate(new Shape(2, 1 << 15));
            whole.Span.Fill(5);
            return whole.Slice(1, 1);
        }
    }
}
