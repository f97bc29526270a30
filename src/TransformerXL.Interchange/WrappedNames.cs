namespace TransformerXL.Interchange;

/// <summary>
/// Takes from the names of tensors what wrappers around a model put before or into them: <c>torch.compile</c> (<c>_orig_mod.</c>),
/// data parallelism (<c>module.</c>, <c>_fsdp_wrapped_module.</c>), activation checkpoints, and frameworks that keep a model as a
/// member (<c>model.</c>). Several may be stacked, in any order.
/// </summary>
internal static class WrappedNames
{
    /// <summary>Names that no model gives to a part of its own; they may stand anywhere, because parts are wrapped too.</summary>
    private static readonly string[] s_wrappers = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

    /// <summary>Names that a model could have itself; they count only where every tensor has them at its beginning.</summary>
    private static readonly string[] s_prefixes = ["module.", "model."];

    /// <summary>The names that the model itself gave, in the same order.</summary>
    public static string[] Unwrap(IReadOnlyList<string> names)
    {
        string[] plain = [.. names.Select(WithoutWrappers)];
        while (plain.Length > 0 && s_prefixes.FirstOrDefault(prefix => plain.All(name => name.StartsWith(prefix, StringComparison.Ordinal))) is { } common)
        {
            plain = [.. plain.Select(name => name[common.Length..])];
        }

        return plain;
    }

    private static string WithoutWrappers(string name)
    {
        foreach (string wrapper in s_wrappers)
        {
            name = name.Replace(wrapper, "", StringComparison.Ordinal);
        }

        return name;
    }
}
