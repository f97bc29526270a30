using TransformerXL.Models.Families;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>One layer: attention over memory and segment, then the feed-forward block, each with residual sum and LayerNorm.</summary>
internal sealed class DecoderLayer
{
    public DecoderLayer(AttentionConfiguration configuration, ParameterSet parameters, SharedParameters shared, int index)
    {
        Attention = ((AttentionFamily)configuration.Family).CreateAttention(configuration, parameters, shared, index);
        FeedForward = new FeedForward(configuration, parameters, $"layers.{index}.pos_ff");
    }

    public Attention Attention { get; }

    public FeedForward FeedForward { get; }

    /// <summary>h(n) from h(n-1) and its context h~(n-1) = [SG(m); h]; with a cache only of the last <paramref name="results"/> tokens.</summary>
    public Variable Forward(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace) =>
        pass.PreNorm ? PreNorm(tape, h, context, pass, results, trace) : PostNorm(tape, h, context, pass, results, trace);

    /// <summary>o = LayerNorm(h + Attention(h~));  LayerNorm(o + FF(o)).</summary>
    private Variable PostNorm(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace)
    {
        Variable a = Attention.Forward(tape, h, context, pass, results, trace);
        Variable o = Attention.Norm.Forward(tape, a, tape.LastRows(h, a.Shape[0]), pass.Dropout.Hidden);
        tape.RecycleBlock(a, h, context);
        Variable f = FeedForward.Forward(tape, o, pass.Dropout.Hidden);
        Variable y = FeedForward.Norm.Forward(tape, f, o, pass.Dropout.Hidden);
        tape.RecycleBlock(f, o, o);
        return y;
    }

    /// <summary>o = h + Attention(LayerNorm(h~));  o + FF(LayerNorm(o)).</summary>
    private Variable PreNorm(Tape tape, Variable h, Variable context, in LayerPass pass, int results, AttentionTrace? trace)
    {
        Variable normal = Attention.Norm.Forward(tape, context);
        Variable a = Attention.Forward(tape, h, normal, pass, results, trace);
        tape.Recycle(normal);
        Variable o = tape.AddResidual(a, tape.LastRows(h, a.Shape[0]), pass.Dropout.Hidden);
        tape.RecycleBlock(a, h, context);
        normal = FeedForward.Norm.Forward(tape, o);
        Variable f = FeedForward.Forward(tape, normal, pass.Dropout.Hidden);
        tape.Recycle(normal);
        Variable y = tape.AddResidual(f, o, pass.Dropout.Hidden);
        tape.RecycleBlock(f, o, o);
        return y;
    }
}
