namespace TransformerXL.Interchange;

/// <summary>
/// Removes from names of tensors the prefixes that wrappers around a model add: <c>torch.compile</c> (<c>_orig_mod.</c>),
/// data parallelism (<c>module.</c>, <c>_fsdp_wrapped_module.</c>), activation checkpoints, and frameworks that store a model as a
/// member (<c>model.</c>). Several may be stacked, in any order.
/// </summary>
internal static class WrappedNames
{
    /// <summary>Names that models do not use for their own modules; they are removed anywhere in a name, because modules are wrapped too.</summary>
    private static readonly string[] s_wrappers = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."];

    /// <summary>Names that a model could use itself; they are removed only if the name of every tensor begins with them.</summary>
    private static readonly string[] s_prefixes = ["module.", "model."];

    /// <summary>The model's own names, in the same order.</summary>
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
