using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Models;

/// <summary>Returns the memory of what a block with a residual sum no longer needs.</summary>
internal static class BlockMemory
{
    /// <param name="tape">The tape.</param>
    /// <param name="block">The result of the block before the sum.</param>
    /// <param name="input">The input of the block.</param>
    /// <param name="context">What the block attended to; may be the input.</param>
    public static void RecycleBlock(this Tape tape, Variable block, Variable input, Variable context)
    {
        tape.Recycle(block);
        tape.Recycle(input);
        if (context != input)
        {
            tape.Recycle(context);
        }
    }
}
