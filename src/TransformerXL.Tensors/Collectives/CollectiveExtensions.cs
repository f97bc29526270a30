namespace TransformerXL.Tensors.Collectives;

/// <summary>Helpers on top of <see cref="ICollective"/>.</summary>
public static class CollectiveExtensions
{
    /// <summary>Whether a condition holds in any process. Also a barrier: no process returns before every process has called.</summary>
    /// <param name="collective">The processes.</param>
    /// <param name="own">Whether it holds in this one.</param>
    public static bool Any(this ICollective collective, bool own)
    {
        ArgumentNullException.ThrowIfNull(collective);
        if (collective.Size == 1)
        {
            return own;
        }

        double[] all = new double[collective.Size];
        collective.Gather([own ? 1 : 0], all);
        return all.Any(value => value != 0);
    }

    /// <summary>Returns once every process has called it.</summary>
    /// <param name="collective">The processes.</param>
    public static void Barrier(this ICollective collective) => collective.Any(false);
}
