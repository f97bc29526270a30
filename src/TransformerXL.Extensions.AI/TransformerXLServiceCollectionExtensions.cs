using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TransformerXL.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds models to the services of an application.</summary>
public static class TransformerXLServiceCollectionExtensions
{
    /// <summary>
    /// Adds a model as <see cref="IChatClient"/>, <see cref="IEmbeddingGenerator{String, Embedding}"/> and <see cref="LocalModel"/>. It is loaded when one of them is
    /// asked for first, and disposed with the services.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="modelFolder">The folder of a run or of a model.</param>
    /// <param name="configure">Changes the other options.</param>
    public static IServiceCollection AddTransformerXL(this IServiceCollection services, string modelFolder, Action<TransformerXLOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        return services.AddTransformerXL(options =>
        {
            options.ModelFolder = modelFolder;
            configure?.Invoke(options);
        });
    }

    /// <summary>Adds a model whose folder the options name, for example by a section of the configuration.</summary>
    /// <inheritdoc cref="AddTransformerXL(IServiceCollection, string, Action{TransformerXLOptions})"/>
    public static IServiceCollection AddTransformerXL(this IServiceCollection services, Action<TransformerXLOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, Options.Options.DefaultName, configure);
        services.AddSingleton(provider => Load(provider, Options.Options.DefaultName));
        services.AddSingleton(provider => provider.GetRequiredService<LocalModel>().AsIChatClient());
        services.AddSingleton(provider => provider.GetRequiredService<LocalModel>().AsIEmbeddingGenerator());
        return services;
    }

    /// <summary>Adds a model under a name: all three services are keyed by it, and so are its options.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The key of the services and the name of the options.</param>
    /// <param name="modelFolder">The folder of a run or of a model.</param>
    /// <param name="configure">Changes the other options.</param>
    public static IServiceCollection AddKeyedTransformerXL(this IServiceCollection services, string name, string modelFolder, Action<TransformerXLOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        return services.AddKeyedTransformerXL(name, options =>
        {
            options.ModelFolder = modelFolder;
            configure?.Invoke(options);
        });
    }

    /// <summary>Adds a named model; the options with that name contain its folder.</summary>
    /// <inheritdoc cref="AddKeyedTransformerXL(IServiceCollection, string, string, Action{TransformerXLOptions})"/>
    public static IServiceCollection AddKeyedTransformerXL(this IServiceCollection services, string name, Action<TransformerXLOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        services.AddKeyedSingleton(name, (provider, _) => Load(provider, name));
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<LocalModel>(name).AsIChatClient());
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<LocalModel>(name).AsIEmbeddingGenerator());
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<TransformerXLOptions>? configure)
    {
        OptionsBuilder<TransformerXLOptions> options = services.AddOptions<TransformerXLOptions>(name);
        if (configure is not null)
        {
            options.Configure(configure);
        }
    }

    private static LocalModel Load(IServiceProvider provider, string name) => LocalModel.Load(
        provider.GetRequiredService<IOptionsMonitor<TransformerXLOptions>>().Get(name), provider.GetService<ILoggerFactory>(), provider.GetService<IMeterFactory>());
}
