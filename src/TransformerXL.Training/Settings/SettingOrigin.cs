namespace TransformerXL.Training.Settings;

/// <summary>Where the value of a setting came from.</summary>
/// <param name="Kind">The kind of source.</param>
/// <param name="Name">Which one: the name of a family of models or of a preset, the path of a file, an option; empty for a default.</param>
public sealed record SettingOrigin(SettingOriginKind Kind, string Name)
{
    /// <summary>A default that no source has changed.</summary>
    public static SettingOrigin Default { get; } = new(SettingOriginKind.Default, "");

    /// <summary>Such as <c>preset wt103-base</c>.</summary>
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()} {Name}".TrimEnd();
}
