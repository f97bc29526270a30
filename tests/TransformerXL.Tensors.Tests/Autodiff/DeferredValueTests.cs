using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using Xunit;

namespace TransformerXL.Tensors.Tests.Autodiff;

/// <summary>A deferred value is made at its first use, once, and needs no memory before.</summary>
public sealed class DeferredValueTests
{
    private readonly Parameter _parameter = new("weight", new Shape(2, 3));
    private int _fills;

    [Fact]
    public void It_is_filled_at_the_first_use_and_then_kept()
    {
        _parameter.Defer(Fill);
        Assert.Equal((new Shape(2, 3), 0), (_parameter.Shape, _fills));
        Assert.Equal([1, 1, 1, 1, 1, 1], _parameter.Value.Span.ToArray());
        _parameter.Value.Span[0] = 7;
        Assert.Equal((7f, 1), (_parameter.Value.Span[0], _fills));
    }

    [Fact]
    public void One_that_failed_is_tried_again()
    {
        _parameter.Defer(value =>
        {
            Fill(value);
            Assert.True(_fills > 1, "the first time");
        });
        Assert.Throws<Xunit.Sdk.TrueException>(() => _parameter.Value);
        Assert.Equal(2, _parameter.Value.Span[0]);
    }

    [Fact]
    public void Many_threads_fill_it_once()
    {
        _parameter.Defer(Fill);
        System.Threading.Tasks.Parallel.For(0, 16, _ => Assert.Equal(1, _parameter.Value.Span[5]));
        Assert.Equal(1, _fills);
    }

    [Fact]
    public void Filling_one_that_was_not_used_computes_the_new_value_alone()
    {
        _parameter.Defer(_ => Assert.Fail("the deferred value is not wanted any more"));
        _parameter.Fill(Fill);
        Assert.Equal((1, 1f), (_fills, _parameter.Value.Span[0]));
        Tensor same = _parameter.Value;
        _parameter.Fill(Fill);
        Assert.Equal(2, same.Span[0]);
    }

    [Fact]
    public void A_shared_value_takes_its_place()
    {
        Parameter other = new("other", _parameter.Shape);
        _parameter.Defer(_ => Assert.Fail("the deferred value is not wanted any more"));
        _parameter.ShareValue(other);
        other.Value.Span[2] = 5;
        Assert.Equal(5, _parameter.Value.Span[2]);
    }

    [Fact]
    public void A_freed_value_does_not_come_back()
    {
        _parameter.Defer(Fill);
        _parameter.FreeValue();
        Assert.Equal((true, 1, 1f), (_parameter.Value.IsEmpty, _fills, _parameter.TakenMagnitude));
        Assert.Throws<InvalidOperationException>(_parameter.RequireValue);
    }

    private void Fill(Tensor value) => value.Span.Fill(++_fills);
}
